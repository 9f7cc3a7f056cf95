import { beginsAt, endsAt, isAlphanumeric, isDigit } from "./characters.ts";
import { detectorAt, type Detector } from "./detector.ts";

// Country and length, as the IBAN registry lists them.
const lengths: ReadonlyMap<string, number> = new Map(
  (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 " +
    "ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 " +
    "LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 " +
    "PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 " +
    "YE30"
  )
    .split(" ")
    .map((row) => [row.slice(0, 2), Number(row.slice(2))]),
);

/** The number moved round, letters as numbers from 10, leaves 1 when divided by 97. */
const passesMod97 = (iban: string): boolean => {
  let rest = 0;
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
};

/** International bank account numbers of the right length and check digits, in one piece or in groups of four. */
export const iban: Detector = detectorAt("iban", 48, /[A-Za-z]{2}\d{2}/g, (text, start) => {
  const length = lengths.get(text.slice(start, start + 2).toUpperCase());
  if (length === undefined || !beginsAt(text, start)) return undefined;
  let found = "";
  let at = start;
  while (found.length < length) {
    const code = text.charCodeAt(at);
    if (isAlphanumeric(code)) found += text[at];
    else if ((code !== 0x20 && code !== 0x2d) || found.length % 4 !== 0 || !isAlphanumeric(text.charCodeAt(at + 1))) return undefined;
    at++;
  }
  return endsAt(text, at) && isDigit(found.charCodeAt(2)) && passesMod97(found.toUpperCase()) ? at : undefined;
});
