/** Whom one stands before: pure, so that it can be tested without a scene. */

export interface Place {
  readonly id: string;
  readonly x: number;
  readonly z: number;
}

/** So near one is asked to talk. */
const reachMetres = 3.5;
/** Farther away a conversation ends; the difference keeps it from coming and going on the edge. */
const partingMetres = 5;

/** The nearest of those within reach; whom one already talks to stays until one is well away. */
export function nearbyOf(places: readonly Place[], at: Pick<Place, "x" | "z">, present?: string): string | undefined {
  const metres = (place: Place): number => Math.hypot(place.x - at.x, place.z - at.z);
  const talking = places.find(({ id }) => id === present);
  if (talking !== undefined && metres(talking) <= partingMetres) return talking.id;
  const near = places.filter((place) => metres(place) <= reachMetres);
  return near.toSorted((a, b) => metres(a) - metres(b))[0]?.id;
}
