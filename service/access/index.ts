export { Access, type AccessOptions, type TokenRequest } from "./access.ts";
export { can, demand, type Action, type Identity } from "./permissions.ts";
