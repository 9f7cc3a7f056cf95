import { describe, expect, test } from "vitest";
import { openaiCompatible, providerFrom } from "./openai-compatible.ts";
import type { ModelsOption } from "./models-option.ts";
import { openaiFrom } from "./openai.ts";
import type { Provider, ProviderOptions } from "./provider.ts";
import { createRegistry } from "./registry.ts";

const house = (id: string, models?: NonNullable<ProviderOptions["models"]>): Provider =>
  openaiCompatible({ id, baseURL: "http://127.0.0.1:1/v1", ...(models === undefined ? {} : { models }) });
const openai = openaiFrom({}, { apiKey: "k" });
const a = house("a", ["shared", "only-a", { id: "org/deep", price: { input: 1, output: 2 } }]);
const b = house("b", ["shared"]);
const providers = [openai, a, b];
const ids = (targets: readonly { readonly id: string }[] | undefined): string[] => (targets ?? []).map(({ id }) => id);

describe("resolve", () => {
  const registry = createRegistry({
    providers,
    models: {
      fast: ["openai/gpt-5-mini", "a/x"],
      smart: { strategy: "weighted", targets: ["only-a", { target: "openai/gpt-5", weight: 3 }] },
      shared: { strategy: "cheapest", targets: ["shared"] },
      spread: { strategy: "weighted", targets: [{ target: "shared", weight: 4 }, "openai/gpt-5"] },
      "openai/gpt-4": ["openai/gpt-5"],
    },
  });

  test("takes any model name behind a configured provider, slashes included", () => {
    expect(registry.resolve("openai/brand-new")).toEqual({
      name: "openai/brand-new",
      targets: [{ id: "openai/brand-new", provider: "openai", model: "brand-new" }],
    });
    expect(registry.resolve("a/org/deep/er")?.targets[0]).toMatchObject({ provider: "a", model: "org/deep/er" });
  });

  test("finds everyone who serves a bare name, in the order of the providers", () => {
    const only = createRegistry({ providers });
    expect(ids(only.resolve("shared")?.targets)).toEqual(["a/shared", "b/shared"]);
    expect(ids(createRegistry({ providers: [b, a] }).resolve("shared")?.targets)).toEqual(["b/shared", "a/shared"]);
    expect(ids(only.resolve("gpt-5")?.targets)).toEqual(["openai/gpt-5"]);
    expect(ids(only.resolve("org/deep")?.targets)).toEqual(["a/org/deep"]);
  });

  test("finds configured names before all else", () => {
    expect(registry.resolve("fast")).toMatchObject({ name: "fast" });
    expect(registry.resolve("fast")?.strategy).toBeUndefined();
    expect(ids(registry.resolve("fast")?.targets)).toEqual(["openai/gpt-5-mini", "a/x"]);
    expect(registry.resolve("smart")).toMatchObject({
      strategy: "weighted",
      targets: [{ id: "a/only-a" }, { weight: 3 }],
    });
    expect(ids(registry.resolve("openai/gpt-4")?.targets)).toEqual(["openai/gpt-5"]);
  });

  test("lets a name stand for the model that is called the same", () => {
    expect(registry.resolve("shared")).toMatchObject({ strategy: "cheapest" });
    expect(ids(registry.resolve("shared")?.targets)).toEqual(["a/shared", "b/shared"]);
  });

  test("divides the weight of a bare name among those who serve it", () => {
    expect(registry.resolve("spread")?.targets.map(({ weight }) => weight)).toEqual([2, 2, undefined]);
  });

  test.each([
    "nobody/gpt-5",
    "unknown",
    "",
    "/",
    "a/",
    "/x",
    "__proto__",
    "constructor",
    "a/x\ny",
    `a/${"x".repeat(257)}`,
    "A/x",
  ])("knows nothing of %j", (name) => {
    expect(registry.resolve(name)).toBeUndefined();
  });
});

describe("a registry", () => {
  const registry = createRegistry({ providers, models: { fast: ["a/org/deep"], new: ["openai/unheard-of"] } });

  test("gives providers by id and what is known of a target", () => {
    expect(registry.get("a")).toBe(a);
    expect(registry.get("c")).toBeUndefined();
    expect(registry.providers()).toEqual(providers);
    const target = registry.resolve("fast")?.targets[0];
    expect(target && registry.model(target)?.price).toEqual({ input: 1, output: 2 });
    expect(registry.model({ id: "c/x", provider: "c", model: "x" })).toBeUndefined();
  });

  test("lists configured names, then every known model under its provider", () => {
    const listed = registry.list();
    expect(listed[0]).toMatchObject({ id: "fast", targets: [{ id: "a/org/deep" }], model: { id: "org/deep" } });
    expect(listed[1]).toEqual({ id: "new", targets: [expect.objectContaining({ id: "openai/unheard-of" })] });
    expect(ids(listed)).toEqual(expect.arrayContaining(["openai/gpt-5", "a/shared", "b/shared"]));
    expect(new Set(ids(listed)).size).toBe(listed.length);
    for (const { id, targets } of listed) expect(registry.resolve(id)?.targets).toEqual(targets);
  });

  test("of a thousand providers with one catalog shares that catalog and keeps their order", () => {
    const many = Array.from({ length: 1_000 }, (_, index) =>
      providerFrom({}, "fireworks", { id: `f${index}`, apiKey: "k" }),
    );
    expect(new Set(many.map(({ models }) => models)).size).toBe(1);
    const [name = ""] = many[0]?.models.keys() ?? [];
    const large = createRegistry({ providers: many });
    const found = large.resolve(name);
    expect(found?.targets.length).toBe(1_000);
    expect(found?.targets[999]?.provider).toBe("f999");
    expect(large.resolve(name)?.targets).toBe(found?.targets);
  });
});

describe("a registry refuses", () => {
  const make =
    (models: unknown, of: readonly unknown[] = providers) =>
    () =>
      // Wrong on purpose, as a user without a type checker would write it.
      createRegistry({ providers: of as readonly Provider[], models: models as ModelsOption });

  test.each([
    [[], /`models` must be an object/],
    [{ x: "openai/gpt-5" }, /`models\["x"\]` must be an array of targets, or an object/],
    [{ x: [] }, /`models\["x"\]` must have at least one target/],
    [{ x: { targets: [] } }, /at least one target/],
    [{ x: {} }, /at least one target/],
    [{ x: { targets: ["a/x"], order: 1 } }, /no field `order`/],
    [{ x: { targets: ["a/x"], strategy: "luck" } }, /`models\["x"\]`\.strategy must be one of "ordered"/],
    [{ x: [5] }, /`models\["x"\]`\[0\] must be a target/],
    [
      { x: { targets: [{ target: "a/x", weight: 0 }] } },
      /`models\["x"\]`\.targets\[0\]\.weight must be a number above 0/,
    ],
    [{ x: { targets: [{ target: "a/x", wieght: 1 }] } }, /no field `wieght`/],
    [{ x: ["nobody/gpt-5"] }, /"nobody\/gpt-5", but no such provider is configured; there are openai, a, b/],
    [{ x: ["unheard-of"] }, /no configured provider is known to serve/],
    [{ x: ["y"], y: ["a/x"] }, /refers to the configured name "y"/],
    [{ x: ["x"] }, /refers to the configured name "x"/],
    [{ x: ["a/x", "a/x"] }, /names a\/x a second time/],
    [{ "": ["a/x"] }, /1 to 256 characters/],
  ])("the models %j", (models, message) => {
    expect(make(models)).toThrow(TypeError);
    expect(make(models)).toThrow(message);
  });

  test("two providers with one id, and what is no provider", () => {
    expect(make({}, [a, house("a")])).toThrow(/`providers` holds two with the id "a"/);
    expect(make({}, [openaiFrom])).toThrow(/`providers\[0\]` must be a provider such as `openai\(\)`/);
    expect(make({}, [undefined])).toThrow(/`providers\[0\]`/);
  });
});
