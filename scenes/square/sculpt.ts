/** Shapes in metres, coloured per vertex and merged to one mesh for each material: few draw calls, little to download. */
import { Quaternion, Vector3, Matrix } from "@babylonjs/core/Maths/math.vector.js";
import { CreateBox } from "@babylonjs/core/Meshes/Builders/boxBuilder.js";
import { CreateCylinder } from "@babylonjs/core/Meshes/Builders/cylinderBuilder.js";
import { CreateIcoSphere } from "@babylonjs/core/Meshes/Builders/icoSphereBuilder.js";
import { CreateSphere } from "@babylonjs/core/Meshes/Builders/sphereBuilder.js";
import { VertexBuffer } from "@babylonjs/core/Buffers/buffer.js";
import { Mesh } from "@babylonjs/core/Meshes/mesh.js";
import { VertexData } from "@babylonjs/core/Meshes/mesh.vertexData.js";
import type { Material } from "@babylonjs/core/Materials/material.js";
import type { TransformNode } from "@babylonjs/core/Meshes/transformNode.js";
import type { Scene } from "@babylonjs/core/scene.js";
import { clamp, mix, smooth } from "./noise.ts";
import { rgb } from "./pictures.ts";

export type Triple = readonly [number, number, number];

export interface Place {
  /** Centre of the shape. */
  readonly at?: Triple;
  /** Radians around x, then y, then z as Babylon's Euler angles have it. */
  readonly turn?: Triple;
  readonly scale?: Triple;
  readonly color?: string;
  /** A second colour at the top; the first is then the one at the bottom. */
  readonly top?: string;
  /** Name of the material; "painted" shows the colours alone. */
  readonly material?: string;
  /** Metres that one repeat of the texture covers; absent, the shape's own coordinates are kept. */
  readonly tile?: number;
  /** How often the texture repeats along the shape's own coordinates. */
  readonly repeat?: readonly [number, number];
}

const linear = (c: number): number => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);

/** What stands near the ground gets less light: the cheapest ambient occlusion there is. */
const groundShade = (y: number): number => mix(0.62, 1, smooth(-0.1, 1.3, y));

export class Sculpture {
  readonly #scene: Scene;
  readonly #parts = new Map<string, Mesh[]>();
  readonly #shadeGround: boolean;
  #frames: Matrix[] = [];

  constructor(scene: Scene, { shadeGround = true } = {}) {
    this.#scene = scene;
    this.#shadeGround = shadeGround;
  }

  /** Everything added within `build` is moved and turned as one. */
  group(at: Triple, turn: Triple, build: () => void, scale: Triple = [1, 1, 1]): void {
    const local = matrix(at, turn, scale);
    const outer = this.#frames.at(-1);
    this.#frames.push(outer ? local.multiply(outer) : local);
    build();
    this.#frames.pop();
  }

  box(size: Triple, place: Place = {}): void {
    this.#add(CreateBox("", { width: size[0], height: size[1], depth: size[2] }, this.#scene), place);
  }
  /** A board on a wall that lies towards +z: the face on the wall and the two short ends are never seen. */
  board(size: Triple, place: Place = {}): void {
    const [w, h, d] = [size[0] / 2, size[1] / 2, size[2] / 2];
    const faces: Triple[][] = [[[-w, -h, -d], [-w, h, -d], [w, h, -d], [w, -h, -d]]];
    if (h > w) faces.push([[-w, -h, d], [-w, h, d], [-w, h, -d], [-w, -h, -d]], [[w, -h, -d], [w, h, -d], [w, h, d], [w, -h, d]]);
    else faces.push([[-w, h, -d], [-w, h, d], [w, h, d], [w, h, -d]], [[-w, -h, d], [-w, -h, -d], [w, -h, -d], [w, -h, d]]);
    this.facets(faces.flatMap(([a, b, c, e]) => [a!, b!, c!, a!, c!, e!]), place);
  }
  /** Upright; `top` and `bottom` are radii. */
  cylinder(height: number, bottom: number, top: number, place: Place = {}, sides = 12): void {
    const options = { height, diameterBottom: bottom * 2, diameterTop: top * 2, tessellation: sides };
    this.#add(CreateCylinder("", options, this.#scene), place);
  }
  /** `detail` is roughly how many segments half a turn has. */
  ball(radius: number, place: Place = {}, detail = 8): void {
    const subdivisions = Math.max(1, Math.round(detail / 3.5));
    this.#add(CreateIcoSphere("", { radius, subdivisions, flat: false }, this.#scene), place);
  }
  /** Upper part of a ball: `share` of its height. */
  cap(radius: number, share: number, place: Place = {}, segments = 8): void {
    this.#add(CreateSphere("", { diameter: radius * 2, segments, slice: share, sideOrientation: Mesh.DOUBLESIDE }, this.#scene), place);
  }
  /** A ball with facets: leaves, stones, bread. */
  lump(radius: number, place: Place = {}, subdivisions = 2, flat = radius > 0.18): void {
    this.#add(CreateIcoSphere("", { radius, subdivisions, flat }, this.#scene), place);
  }
  ring(radius: number, thickness: number, place: Place = {}, sides = 16): void {
    const steps = thickness < 0.07 ? 4 : 6;
    const round = Array.from({ length: steps + 1 }, (_, i) => {
      const angle = (i / steps) * Math.PI * 2;
      return [radius + (Math.sin(angle) * thickness) / 2, (Math.cos(angle) * thickness) / 2] as const;
    });
    this.#add(turned(round, sides, this.#scene), place);
  }
  /** A limb: a rod with round ends from one point to another. */
  limb(from: Triple, to: Triple, radius: number, place: Place = {}, endRadius = radius, sides = radius < 0.045 ? 5 : 8): void {
    const a = Vector3.FromArray(from);
    const along = Vector3.FromArray(to).subtract(a);
    const length = along.length();
    const [r, e] = [radius, endRadius];
    const foot = [[0, -r * 0.7], [r * 0.75, -r * 0.5], [r, 0]] as const;
    const tip = [[e, length], [e * 0.75, length + e * 0.5], [0, length + e * 0.7]] as const;
    const mesh = turned([...foot, ...tip], sides, this.#scene);
    const turn = new Quaternion();
    Quaternion.FromUnitVectorsToRef(Vector3.Up(), along.normalize(), turn);
    mesh.bakeTransformIntoVertices(Matrix.Compose(Vector3.One(), turn, a));
    this.#add(mesh, place);
  }
  /** A profile of [radius, height] turned around the upright axis; seen from outside. */
  lathe(profile: readonly (readonly [number, number])[], place: Place = {}, sides = 16): void {
    this.#add(turned(profile, sides, this.#scene), place);
  }
  /** Triangles given corner by corner, clockwise as seen, each with its own flat normal. */
  facets(corners: readonly Triple[], place: Place = {}, uvs?: readonly (readonly [number, number])[]): void {
    const mesh = new Mesh("", this.#scene);
    const data = new VertexData();
    data.positions = corners.flat();
    data.indices = corners.map((_, i) => (i % 3 === 0 ? i : i % 3 === 1 ? i + 1 : i - 1));
    data.uvs = (uvs ?? corners.map(([x, y]) => [x, y] as const)).flat();
    data.normals = [];
    VertexData.ComputeNormals(data.positions, data.indices, data.normals);
    data.applyToMesh(mesh);
    this.#add(mesh, place);
  }

  #add(mesh: Mesh, place: Place): void {
    mesh.bakeTransformIntoVertices(matrix(place.at ?? [0, 0, 0], place.turn ?? [0, 0, 0], place.scale ?? [1, 1, 1]));
    const low = mesh.getBoundingInfo().boundingBox.minimum.y;
    const high = mesh.getBoundingInfo().boundingBox.maximum.y;
    const from = rgb(place.color ?? "#ffffff");
    const to = place.top === undefined ? from : rgb(place.top);
    const local = mesh.getVerticesData(VertexBuffer.PositionKind)!;
    const shares = Array.from({ length: local.length / 3 }, (_, i) => (high > low ? (local[i * 3 + 1]! - low) / (high - low) : 0));
    const frame = this.#frames.at(-1);
    if (frame) mesh.bakeTransformIntoVertices(frame);
    if (place.tile !== undefined) planarUv(mesh, place.tile);
    if (place.repeat !== undefined) {
      const repeated = mesh.getVerticesData(VertexBuffer.UVKind)!.map((uv, i) => uv * place.repeat![i % 2]!);
      mesh.setVerticesData(VertexBuffer.UVKind, repeated);
    }
    const positions = mesh.getVerticesData(VertexBuffer.PositionKind)!;
    const colors = shares.flatMap((share, i) => {
      const shade = this.#shadeGround ? groundShade(positions[i * 3 + 1]!) : 1;
      return [...[0, 1, 2].map((c) => linear(clamp(mix(from[c]!, to[c]!, share))) * shade), 1];
    });
    mesh.setVerticesData(VertexBuffer.ColorKind, colors);
    const name = place.material ?? "painted";
    if (name === "painted") mesh.removeVerticesData(VertexBuffer.UVKind);
    const parts = this.#parts.get(name) ?? [];
    parts.push(mesh);
    this.#parts.set(name, parts);
  }

  /** Merges what was added into children of `parent`, one for each material. */
  finish(parent: TransformNode, materials: ReadonlyMap<string, Material>): Mesh[] {
    const made: Mesh[] = [];
    for (const [name, parts] of this.#parts) {
      const mesh = Mesh.MergeMeshes(parts, true, true);
      const material = materials.get(name);
      if (mesh === null || material === undefined) throw new Error(`no material "${name}" for ${parent.id}`);
      weld(mesh);
      mesh.name = mesh.id = `${parent.id}-${name}`;
      mesh.material = material;
      mesh.parent = parent;
      mesh.receiveShadows = true;
      made.push(mesh);
    }
    this.#parts.clear();
    return made;
  }
}

function matrix(at: Triple, turn: Triple, scale: Triple): Matrix {
  const rotation = Quaternion.RotationYawPitchRoll(turn[1], turn[0], turn[2]);
  return Matrix.Compose(Vector3.FromArray(scale), rotation, Vector3.FromArray(at));
}

/** Merges vertices that agree in everything to the file's own precision. */
function weld(mesh: Mesh): void {
  const data = VertexData.ExtractFromMesh(mesh);
  const kinds = ([["positions", 3, 3], ["normals", 3, 2], ["uvs", 2, 3], ["colors", 4, 3]] as const).filter(([kind]) => data[kind]);
  const kept = new Map<string, number>();
  const welded = new VertexData();
  for (const [kind] of kinds) welded[kind] = [];
  const places = Array.from({ length: data.positions!.length / 3 }, (_, i) => {
    const parts = kinds.map(([kind, size]) => Array.from(data[kind]!.slice(i * size, (i + 1) * size)));
    const key = parts.map((values, k) => values.map((x) => x.toFixed(kinds[k]![2])).join()).join();
    const known = kept.get(key);
    if (known !== undefined) return known;
    kept.set(key, kept.size);
    for (const [k, [kind]] of kinds.entries()) (welded[kind] as number[]).push(...parts[k]!);
    return kept.size - 1;
  });
  const corners = Array.from(data.indices!, (index) => places[index]!);
  const faces = Array.from({ length: corners.length / 3 }, (_, f) => corners.slice(f * 3, f * 3 + 3));
  welded.indices = faces.filter(([a, b, c]) => a !== b && b !== c && c !== a).flat();
  mesh.setIndices([]);
  welded.applyToMesh(mesh);
}

/** A turned profile; `u` goes around, `v` up along the profile. */
function turned(profile: readonly (readonly [number, number])[], sides: number, scene: Scene): Mesh {
  const along = [0];
  for (let i = 1; i < profile.length; i++) {
    along.push(along[i - 1]! + Math.hypot(profile[i]![0] - profile[i - 1]![0], profile[i]![1] - profile[i - 1]![1]));
  }
  const data = new VertexData();
  const [positions, uvs, indices, normals]: number[][] = [[], [], [], []];
  for (const [i, [radius, y]] of profile.entries()) {
    for (let j = 0; j <= sides; j++) {
      const angle = ((j % sides) / sides) * Math.PI * 2;
      positions!.push(Math.cos(angle) * Math.max(radius, 1e-3), y, Math.sin(angle) * Math.max(radius, 1e-3));
      uvs!.push(j / sides, along[i]! / along.at(-1)!);
      if (i === 0 || j === 0) continue;
      const [low, high] = [(i - 1) * (sides + 1) + j, i * (sides + 1) + j];
      indices!.push(low - 1, low, high, low - 1, high, high - 1);
    }
  }
  VertexData.ComputeNormals(positions!, indices!, normals!);
  const outward = positions!.reduce((sum, x, i) => sum + (i % 3 === 1 ? 0 : x * normals![i]!), 0);
  if (outward < 0) {
    indices!.reverse();
    normals!.forEach((n, i) => (normals![i] = -n));
  }
  for (let i = 0; i < profile.length; i++) joinSeam(normals!, i * (sides + 1) * 3, (i * (sides + 1) + sides) * 3);
  Object.assign(data, { positions, uvs, indices, normals });
  const mesh = new Mesh("", scene);
  data.applyToMesh(mesh);
  return mesh;
}

function joinSeam(normals: number[], first: number, last: number): void {
  const sum = [0, 1, 2].map((c) => normals[first + c]! + normals[last + c]!);
  const length = Math.hypot(...sum) || 1;
  for (let c = 0; c < 3; c++) normals[first + c] = normals[last + c] = sum[c]! / length;
}

/** Texture coordinates in metres along the face a vertex lies on. */
function planarUv(mesh: Mesh, tile: number): void {
  const positions = mesh.getVerticesData(VertexBuffer.PositionKind)!;
  const normals = mesh.getVerticesData(VertexBuffer.NormalKind)!;
  const uvs: number[] = [];
  for (let i = 0; i < positions.length; i += 3) {
    const [x, y, z] = [positions[i]!, positions[i + 1]!, positions[i + 2]!];
    const [nx, ny, nz] = [Math.abs(normals[i]!), Math.abs(normals[i + 1]!), Math.abs(normals[i + 2]!)];
    if (ny > nx && ny > nz) uvs.push(x / tile, z / tile);
    else if (nx > nz) uvs.push(z / tile, y / tile);
    else uvs.push(x / tile, y / tile);
  }
  mesh.setVerticesData(VertexBuffer.UVKind, uvs);
}
