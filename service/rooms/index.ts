/** The rooms, ready for `defineServer({ rooms: defineRooms(services), … })`. */
import { defineRoom, matchMaker, type AuthContext } from "@colyseus/core";
import { demand, type Identity } from "../access/index.ts";
import { ServiceError, roomNames, type SceneJoinOptions } from "../protocol/index.ts";
import { SceneRoom } from "./scene-room.ts";
import { admit, type RoomServices } from "./services.ts";
import { StudioRoom } from "./studio-room.ts";

export type { RoomServices } from "./services.ts";
export { SceneRoom, StudioRoom };

const SCENE_ID_CHARS_MAX = 200;

/** The studio is one room, and so is each scene: nobody makes a second one beside it. */
export function defineRooms(services: RoomServices) {
  matchMaker.controller.exposedMethods = ["joinOrCreate", "join", "joinById", "reconnect"];

  const occupied = new Set<string>();

  class Studio extends StudioRoom {
    protected override readonly services = services;
    static override onAuth(token: string, _options: unknown, _context: AuthContext): Promise<Identity> {
      return admit(async () => {
        const identity = await services.access.verify(token);
        demand(identity, "join the studio");
        return identity;
      });
    }
  }

  class Scene extends SceneRoom {
    protected override readonly services = services;
    protected override readonly occupied = occupied;
    static override onAuth(
      token: string,
      options: Partial<SceneJoinOptions>,
      _context: AuthContext,
    ): Promise<Identity> {
      return admit(async () => {
        const identity = await services.access.verify(token);
        demand(identity, "join the scene", checkSceneId(options.sceneId));
        return identity;
      });
    }
  }

  return {
    [roomNames.studio]: defineRoom(Studio),
    [roomNames.scene]: defineRoom(Scene).filterBy(["sceneId"]),
  };
}

function checkSceneId(sceneId: unknown): string {
  if (typeof sceneId === "string" && sceneId !== "" && sceneId.length <= SCENE_ID_CHARS_MAX) return sceneId;
  throw new ServiceError("REQUEST_INVALID", { where: "sceneId", problem: "expected the name of a scene" });
}
