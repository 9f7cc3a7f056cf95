import { beginsAt, endsAt, isAlphanumeric, isDigit } from "./characters.ts";
import { detectorAt, type Detector } from "../detector.ts";

/** Two letters as one number, whatever their case. */
const countryAt = (text: string, start: number): number =>
  (text.charCodeAt(start) | 0x20) * 256 + (text.charCodeAt(start + 1) | 0x20);

// Country and length, as the IBAN registry lists them.
const lengths: ReadonlyMap<number, number> = new Map(
  (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 " +
    "ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 " +
    "LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 " +
    "PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 " +
    "YE30"
  )
    .split(" ")
    .map((row) => [countryAt(row, 0), Number(row.slice(2))]),
);

/** The letter or digit as a number from 0 to 35, moved in behind `rest`, modulo 97. */
const append = (rest: number, code: number): number => {
  const value = isDigit(code) ? code - 0x30 : (code | 0x20) - 0x57;
  return (rest * (value > 9 ? 100 : 10) + value) % 97;
};

/** International bank account numbers of the right length and check digits, in one piece or in groups of four. */
export const iban: Detector = detectorAt("iban", 48, /(?<!\w)[A-Za-z]{2}\d{2}/g, (text, start) => {
  const length = lengths.get(countryAt(text, start));
  if (length === undefined || !beginsAt(text, start)) return undefined;
  let rest = 0;
  let at = start + 4;
  for (let count = 4; count < length; at++) {
    const code = text.charCodeAt(at);
    if (isAlphanumeric(code)) {
      rest = append(rest, code);
      count++;
    } else if ((code !== 0x20 && code !== 0x2d) || count % 4 !== 0 || !isAlphanumeric(text.charCodeAt(at + 1))) {
      return undefined;
    }
  }
  // The check digits count last.
  for (let head = start; head < start + 4; head++) rest = append(rest, text.charCodeAt(head));
  return rest === 1 && endsAt(text, at) ? at : undefined;
});
