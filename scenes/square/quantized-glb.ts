/**
 * A GLB of half the size: normals and vertex colours as bytes (KHR_mesh_quantization).
 */
interface View {
  buffer: number;
  byteOffset?: number;
  byteLength: number;
  byteStride?: number;
  target?: number;
}
interface Accessor {
  bufferView?: number;
  byteOffset?: number;
  componentType: number;
  count: number;
  type: string;
  normalized?: boolean;
  min?: number[];
  max?: number[];
}
interface Gltf {
  buffers: { byteLength: number }[];
  bufferViews: View[];
  accessors: Accessor[];
  meshes?: { primitives: { attributes: Record<string, number>; indices?: number }[] }[];
  images?: { bufferView?: number; name?: string }[];
  extensionsUsed?: string[];
  extensionsRequired?: string[];
}

const float = 5126;
const byte = 5120;
const unsignedByte = 5121;
const glbMagic = 0x46546c67;
const jsonChunk = 0x4e4f534a;
const binChunk = 0x004e4942;

/** The parts of a GLB: its JSON and its bytes. */
export function readGlb(file: Uint8Array): { json: Gltf; bin: Uint8Array } {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const jsonLength = view.getUint32(12, true);
  const json = JSON.parse(new TextDecoder().decode(file.subarray(20, 20 + jsonLength))) as Gltf;
  return { json, bin: file.subarray(28 + jsonLength) };
}

export function quantized(file: Uint8Array): Uint8Array {
  const { json, bin } = readGlb(file);
  const kinds = new Map<number, string>();
  for (const { attributes, indices } of (json.meshes ?? []).flatMap((mesh) => mesh.primitives)) {
    if (indices !== undefined) kinds.set(indices, "indices");
    for (const [kind, accessor] of Object.entries(attributes)) kinds.set(accessor, kind);
  }
  const parts: Uint8Array[] = [];
  const views: View[] = [];
  let at = 0;
  const store = (bytes: Uint8Array, more: Partial<View> = {}): number => {
    const padded = new Uint8Array(Math.ceil(bytes.byteLength / 4) * 4);
    padded.set(bytes);
    views.push({ buffer: 0, byteOffset: at, byteLength: bytes.byteLength, ...more });
    parts.push(padded);
    at += padded.byteLength;
    return views.length - 1;
  };
  for (const [index, accessor] of json.accessors.entries()) {
    const kept = packed(kinds.get(index), accessor, elements(json, bin, accessor));
    accessor.bufferView = store(kept.bytes, kept.view);
    delete accessor.byteOffset;
  }
  for (const [index, image] of (json.images ?? []).entries()) {
    const { byteOffset = 0, byteLength } = json.bufferViews[image.bufferView!]!;
    image.bufferView = store(bin.subarray(byteOffset, byteOffset + byteLength));
    image.name = `picture-${index}`; // the exporter puts the whole data URL there
  }
  json.bufferViews = views;
  json.buffers = [{ byteLength: at }];
  json.extensionsUsed = [...(json.extensionsUsed ?? []), "KHR_mesh_quantization"];
  json.extensionsRequired = [...(json.extensionsRequired ?? []), "KHR_mesh_quantization"];
  return writeGlb(json, parts, at);
}

const widths: Record<string, number> = { SCALAR: 1, VEC2: 2, VEC3: 3, VEC4: 4, MAT4: 16 };
const sizes: Record<number, number> = { 5120: 1, 5121: 1, 5122: 2, 5123: 2, 5125: 4, 5126: 4 };

/** The bytes of an accessor, without gaps. */
function elements(json: Gltf, bin: Uint8Array, accessor: Accessor): Uint8Array {
  const view = json.bufferViews[accessor.bufferView!]!;
  const size = widths[accessor.type]! * sizes[accessor.componentType]!;
  const stride = view.byteStride ?? size;
  const start = (view.byteOffset ?? 0) + (accessor.byteOffset ?? 0);
  const bytes = new Uint8Array(size * accessor.count);
  for (let i = 0; i < accessor.count; i++) bytes.set(bin.subarray(start + i * stride, start + i * stride + size), i * size);
  return bytes;
}

const vertexTarget = 34962;
const indexTarget = 34963;

/** The accessor's values in fewer bytes where its kind bears it; changes the accessor's type accordingly. */
function packed(kind: string | undefined, accessor: Accessor, bytes: Uint8Array): { bytes: Uint8Array; view?: Partial<View> } {
  if (kind === undefined) return { bytes };
  if (kind === "indices") return { bytes, view: { target: indexTarget } };
  const width = widths[accessor.type]!;
  const view = { byteStride: 4, target: vertexTarget };
  const values = (): Float32Array => new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  if (kind === "NORMAL" && accessor.componentType === float) {
    Object.assign(accessor, { componentType: byte, normalized: true });
    return { bytes: spread(values(), width, (x) => Math.round(x * 127)), view };
  }
  if (kind === "COLOR_0" && accessor.componentType === float) {
    Object.assign(accessor, { componentType: unsignedByte, normalized: true });
    return { bytes: spread(values(), width, (x) => Math.round(Math.min(1, Math.max(0, x)) * 255)), view };
  }
  return { bytes, view: { ...view, byteStride: bytes.byteLength / accessor.count } };
}

/** `width` values of each element in four bytes. */
function spread(values: Float32Array, width: number, of: (x: number) => number): Uint8Array {
  const bytes = new Int8Array((values.length / width) * 4);
  values.forEach((x, i) => (bytes[Math.floor(i / width) * 4 + (i % width)] = of(x)));
  return new Uint8Array(bytes.buffer);
}

function writeGlb(json: Gltf, parts: readonly Uint8Array[], binLength: number): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(json));
  const jsonLength = Math.ceil(text.byteLength / 4) * 4;
  const file = new Uint8Array(28 + jsonLength + binLength).fill(0x20, 20, 20 + jsonLength);
  const view = new DataView(file.buffer);
  const head = [glbMagic, 2, file.byteLength, jsonLength, jsonChunk];
  for (const [i, value] of head.entries()) view.setUint32(i * 4, value, true);
  file.set(text, 20);
  view.setUint32(20 + jsonLength, binLength, true);
  view.setUint32(24 + jsonLength, binChunk, true);
  let at = 28 + jsonLength;
  for (const part of parts) {
    file.set(part, at);
    at += part.byteLength;
  }
  return file;
}
