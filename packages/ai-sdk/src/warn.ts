/** Tells of something in a call that is left out, and why or what to do instead. */
export type Warn = (feature: string, details: string) => void;
