declare module "express4" {
  // Express 4 comes without types of its own; what the tests use of it is the same in both.
  export { default } from "express";
}
