/** Reads one regular expression and writes the shortest text it can think of that matches. */
interface Reader {
  readonly pattern: string;
  at: number;
}

const classSamples: Readonly<Record<string, string>> = {
  d: "1",
  w: "a",
  s: " ",
  D: "a",
  W: "-",
  S: "a",
  n: "\n",
  t: "\t",
};
const longestText = 4_000;

const readEscape = (reader: Reader): string => {
  const name = reader.pattern[reader.at++] ?? "";
  if (name === "b" || name === "B") return "";
  if (name === "p" || name === "P") {
    const end = reader.pattern.indexOf("}", reader.at);
    const property = reader.pattern.slice(reader.at + 1, end);
    reader.at = end + 1;
    return property.startsWith("N") ? "1" : property === "Lu" ? "A" : "a";
  }
  return classSamples[name] ?? name;
};

/** A character that is not in the list of a negated class. */
const outside = (members: string): string => Array.from("a1-_ .A~").find((sample) => !members.includes(sample)) ?? "é";

const readClass = (reader: Reader): string => {
  const negated = reader.pattern[reader.at] === "^";
  if (negated) reader.at++;
  let members = "";
  while (reader.at < reader.pattern.length && reader.pattern[reader.at] !== "]") {
    const character = reader.pattern[reader.at++] ?? "";
    members += character === "\\" ? readEscape(reader) : character;
  }
  reader.at++;
  if (!negated) return /a-z/u.test(members) ? "a" : (members[0] ?? "");
  const ranges = [
    members,
    /a-z/u.test(members) ? "a" : "",
    /A-Z/u.test(members) ? "A" : "",
    /0-9/u.test(members) ? "1" : "",
  ];
  return outside(ranges.join(""));
};

const readGroup = (reader: Reader): string => {
  const start = /^\?(?::|<[A-Za-z_]\w*>|[=!]|<[=!])/u.exec(reader.pattern.slice(reader.at))?.[0] ?? "";
  reader.at += start.length;
  const inside = readAlternatives(reader);
  reader.at++;
  // Looking ahead or behind adds nothing; whether it is content is checked on the whole text.
  return /[=!]/u.test(start) ? "" : inside;
};

const readAtom = (reader: Reader): string => {
  const character = reader.pattern[reader.at++] ?? "";
  if (character === "\\") return readEscape(reader);
  if (character === "[") return readClass(reader);
  if (character === "(") return readGroup(reader);
  if (character === ".") return "a";
  return character === "^" || character === "$" ? "" : character;
};

const readRepeats = (reader: Reader): number => {
  const quantifier = /^(?:[*+?]|\{(\d+)(?:,\d*)?\})\??/u.exec(reader.pattern.slice(reader.at));
  if (quantifier === null) return 1;
  reader.at += quantifier[0].length;
  if (quantifier[1] !== undefined) return Number(quantifier[1]);
  return quantifier[0].startsWith("+") ? 1 : 0;
};

function readAlternatives(reader: Reader): string {
  let text = "";
  let chosen: string | undefined;
  while (reader.at < reader.pattern.length && reader.pattern[reader.at] !== ")") {
    if (reader.pattern[reader.at] === "|") {
      reader.at++;
      chosen ??= text;
      text = "";
      continue;
    }
    const atom = readAtom(reader);
    // Repeats of repeats would grow without end.
    const most = Math.ceil((longestText - text.length) / Math.max(1, atom.length));
    text += atom.repeat(Math.max(0, Math.min(readRepeats(reader), most)));
  }
  return chosen ?? text;
}

/** A text that matches a pattern, for patterns without back references; otherwise its best try. */
export const textForPattern = (pattern: string): string => readAlternatives({ pattern, at: 0 });
