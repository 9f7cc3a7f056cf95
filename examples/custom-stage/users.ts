import { DatabaseSync } from "node:sqlite";

/** One of the host's users. */
export interface User {
  readonly id: string;
  readonly plan: "free" | "pro";
  readonly tokensLeft: number;
}

// In memory, so that the example leaves nothing behind.
const database = new DatabaseSync(":memory:");
database.exec(`
  create table users (id text primary key, key text unique, plan text, tokensLeft integer) strict;
  insert into users values ('ada', 'ada-key', 'pro', 100000), ('bob', 'bob-key', 'free', 20);
`);

const byKey = database.prepare("select id, plan, tokensLeft from users where key = ?");
const byId = database.prepare("select id, plan, tokensLeft from users where id = ?");
const spend = database.prepare("update users set tokensLeft = tokensLeft - ? where id = ?");

// What is selected are the fields of a user.
export const logIn = (key: string): User | undefined => byKey.get(key) as User | undefined;
export const findUser = (id: string): User | undefined => byId.get(id) as User | undefined;
export const spendTokens = (id: string, tokens: number): void => void spend.run(tokens, id);
