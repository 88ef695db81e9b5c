export type { Database } from "./database.ts";
export { TooManyBytes, type ObjectStore, type StoredObject } from "./object-store.ts";
export { openStore, type Store, type StoreOptions } from "./store.ts";
export * as tables from "./tables.ts";
export { Turns } from "./turns.ts";
