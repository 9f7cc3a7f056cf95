import type { BackDialect, BackTarget, DecodeOptions } from "../dialects/dialect.ts";
import type { Quirks } from "../dialects/quirks.ts";

/** How a host serves a dialect, where it does so in its own way. */
export interface Hosting {
  /** What the host calls a model. @default the same */
  readonly nameOf?: (model: string) => string;
  /** Where it serves what the dialect has at `path`, for a model in the host's words. @default there */
  readonly placeOf?: (path: string, model: string, stream: boolean) => string;
  /** What differs for these models alone. */
  readonly quirks?: Quirks;
}

/** A dialect as a host serves it: under other names, at another place, with its own quirks. */
export const hostedDialect = (dialect: BackDialect, { nameOf, placeOf, quirks }: Hosting): BackDialect => {
  const hosted = <Options extends BackTarget | DecodeOptions>(options: Options): Options =>
    quirks === undefined ? options : { ...options, quirks: { ...options.quirks, ...quirks } };
  const encodeWith =
    (encode: BackDialect["encodeRequest"]): BackDialect["encodeRequest"] =>
    (request, target) => {
      const model = nameOf?.(target.model) ?? target.model;
      const encoded = encode(request, hosted({ ...target, model }));
      return placeOf === undefined ? encoded : { ...encoded, path: placeOf(encoded.path, model, request.stream) };
    };
  const { count, needsData } = dialect;
  return {
    ...dialect,
    encodeRequest: encodeWith(dialect.encodeRequest),
    ...(count === undefined ? {} : { count: { ...count, encodeRequest: encodeWith(count.encodeRequest) } }),
    ...(needsData === undefined ? {} : { needsData: (part, target) => needsData(part, hosted(target)) }),
    decodeReply: (body, options) => dialect.decodeReply(body, hosted(options)),
    createDecoder: (options) => dialect.createDecoder(hosted(options)),
  };
};
