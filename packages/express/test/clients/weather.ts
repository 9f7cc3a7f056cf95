/** The tool that the model is to call, and the question that makes it do so. */
export const weather = {
  name: "get_weather",
  description: "Tells the weather of a city.",
  schema: {
    type: "object" as const,
    properties: { city: { type: "string" as const } },
    required: ["city"],
    additionalProperties: false as const,
  },
};

export const question = "What is the weather in Paris and Rome?";

/** What the tool answers. */
export const report = ({ city }: { readonly city: string }): string => `${city}: 21 degrees`;

/** What the model then says has both. */
export const conclusion = /Paris: 21 degrees[\s\S]*Rome: 21 degrees/u;
