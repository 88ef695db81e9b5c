/** Where the nodes of a scene file stand, in the world that players move in: Babylon's, with x to the right of z. */

export type Place = readonly [x: number, y: number, z: number];
type Quaternion = readonly [x: number, y: number, z: number, w: number];

/** A node as both file formats have it. */
export interface PlacedNode {
  readonly position: Place;
  readonly rotation: Quaternion;
  readonly scaling: Place;
  readonly parent: PlacedNode | undefined;
}

/** Deeper ones are taken for a circle. */
const DEPTH_MAX = 100;

/** The node's origin: turned, stretched and moved by each of its parents. */
export function placeOf(node: PlacedNode): Place {
  let place: Place = [0, 0, 0];
  let depth = 0;
  for (let at: PlacedNode | undefined = node; at && depth < DEPTH_MAX; at = at.parent, depth++) {
    const [x, y, z] = place;
    const [sx, sy, sz] = at.scaling;
    const turned = turn(at.rotation, [x * sx, y * sy, z * sz]);
    place = [turned[0] + at.position[0], turned[1] + at.position[1], turned[2] + at.position[2]];
  }
  return place;
}

/** q v q*, as v + 2 w (u × v) + 2 u × (u × v) with u the vector part. */
function turn([ux, uy, uz, w]: Quaternion, [x, y, z]: Place): Place {
  const [cx, cy, cz] = [uy * z - uz * y, uz * x - ux * z, ux * y - uy * x];
  const [dx, dy, dz] = [uy * cz - uz * cy, uz * cx - ux * cz, ux * cy - uy * cx];
  return [x + 2 * (w * cx + dx), y + 2 * (w * cy + dy), z + 2 * (w * cz + dz)];
}

/** Babylon's angles around x, y and z: first z, then x, then y. */
export function fromAngles([x, y, z]: Place): Quaternion {
  const [sx, cx, sy, cy, sz, cz] = [x, y, z].flatMap((angle) => [Math.sin(angle / 2), Math.cos(angle / 2)]) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return [
    cy * sx * cz + sy * cx * sz,
    sy * cx * cz - cy * sx * sz,
    cy * cx * sz - sy * sx * cz,
    cy * cx * cz + sy * sx * sz,
  ];
}

export function distance(a: Place, b: Place): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}
