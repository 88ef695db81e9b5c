/** GGUF heads by hand, right or wrong. */
export const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
export const u64 = (value: number | bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};
export const text = (value: string | Buffer): Buffer =>
  Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);
/** A key and its value, the type before it. */
export const pair = (key: string, type: number, value: Buffer): Buffer => Buffer.concat([text(key), u32(type), value]);
/** Sizes innermost first, as in the file. */
export const tensor = (
  name: string,
  sizes: readonly (number | bigint)[],
  type: number,
  offset: number | bigint,
): Buffer => Buffer.concat([text(name), u32(sizes.length), ...sizes.map(u64), u32(type), u64(offset)]);

export function ggufBytes(
  pairs: readonly Buffer[],
  tensors: readonly Buffer[] = [],
  data = Buffer.alloc(0),
  {
    version = 3,
    keys = pairs.length as number | bigint,
    count = tensors.length as number | bigint,
    alignment = 32,
  } = {},
): Buffer {
  const head = Buffer.concat([Buffer.from("GGUF"), u32(version), u64(count), u64(keys), ...pairs, ...tensors]);
  if (tensors.length === 0) return head;
  const padding = Buffer.alloc(Math.ceil(head.length / alignment) * alignment - head.length);
  return Buffer.concat([head, padding, data]);
}
