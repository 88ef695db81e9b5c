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

/** Another must be nearer by so much to take over, or two who stand together would take turns at each step. */
const clearlyNearerMetres = 1;

/** The nearest of those within reach; whom one already talks to stays until one is well away, or clearly nearer to another. */
export function nearbyOf(places: readonly Place[], at: Pick<Place, "x" | "z">, present?: string): string | undefined {
  const metres = (place: Place): number => Math.hypot(place.x - at.x, place.z - at.z);
  const talking = places.find(({ id }) => id === present);
  const near = places.filter((place) => metres(place) <= reachMetres);
  const nearest = near.toSorted((a, b) => metres(a) - metres(b))[0];
  if (talking === undefined || metres(talking) > partingMetres) return nearest?.id;
  const isOvertaken = nearest !== undefined && metres(nearest) + clearlyNearerMetres < metres(talking);
  return isOvertaken ? nearest.id : talking.id;
}
