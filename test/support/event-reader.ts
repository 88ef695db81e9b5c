import assert from "node:assert/strict";

/** Protobuf fields by number, in the order they came; bytes for lengths, numbers for the rest. */
export type ProtoFields = Map<number, (number | Buffer)[]>;

/** Reads protobuf fields without knowing the message. Written apart from the writer it checks. */
export function readProto(bytes: Buffer): ProtoFields {
  const fields: ProtoFields = new Map();
  let at = 0;
  const varint = (): number => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(value);
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const wire = key & 7;
    let value: number | Buffer;
    if (wire === 0) value = varint();
    else if (wire === 1) value = bytes.readDoubleLE((at += 8) - 8);
    else if (wire === 5) value = bytes.readFloatLE((at += 4) - 4);
    else {
      assert.equal(wire, 2, `wire type ${wire}`);
      const length = varint();
      value = bytes.subarray(at, (at += length));
      assert.equal(value.length, length);
    }
    fields.set(key >>> 3, [...(fields.get(key >>> 3) ?? []), value]);
  }
  return fields;
}

/** The data of each record of an event file; a torn last record is left out, as TensorBoard does. */
export function readRecords(bytes: Buffer): Buffer[] {
  const records: Buffer[] = [];
  for (let at = 0; at + 16 <= bytes.length;) {
    const length = Number(bytes.readBigUInt64LE(at));
    if (at + 16 + length > bytes.length) break;
    records.push(bytes.subarray(at + 12, at + 12 + length));
    at += 16 + length;
  }
  return records;
}

/** Scalars of an event file: tag → [step, value][]. */
export function readScalars(bytes: Buffer): Map<string, [number, number][]> {
  const scalars = new Map<string, [number, number][]>();
  for (const record of readRecords(bytes)) {
    const event = readProto(record);
    for (const summary of event.get(5) ?? []) {
      for (const item of readProto(summary as Buffer).get(1) ?? []) {
        const value = readProto(item as Buffer);
        const number = value.get(2)?.[0];
        if (number === undefined) continue;
        const tag = String(value.get(1)![0]);
        scalars.set(tag, [...(scalars.get(tag) ?? []), [(event.get(2)?.[0] ?? 0) as number, number as number]]);
      }
    }
  }
  return scalars;
}
