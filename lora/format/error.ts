/**
 * An input error a person can act on. `code` is stable and crosses process and wire boundaries;
 * the message reads "where: expected X, got Y; what to do". Programmer errors use `node:assert` instead.
 */
export class AnimulaError extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AnimulaError";
    this.code = code;
  }
}

type MessageTable = Record<string, (...args: never[]) => string>;
type ErrorFactories<T extends MessageTable> = {
  [Code in keyof T]: (...args: Parameters<T[Code]>) => AnimulaError;
};

/** Turns a table of code → message into factories: `throw errors.FILE_TRUNCATED(path, expected, got)`. */
export function errorTable<T extends MessageTable>(table: T): ErrorFactories<T> {
  const factories = {} as ErrorFactories<T>;
  for (const code of Object.keys(table) as (keyof T & string)[]) {
    factories[code] = (...args) => new AnimulaError(code, table[code]!(...(args as never[])));
  }
  return factories;
}
