declare module "koa2" {
  // Koa 2 comes without types of its own; what the tests use of it is the same in both.
  export { default } from "koa";
}
