import { CloseCode, type Client, type Room } from "@colyseus/core";
import { limits } from "../protocol/index.ts";

/** For `onDrop`: whether the client's place is kept for it. Whoever was thrown out has none. */
export function keepPlace(room: Room, client: Client, code: number | undefined): boolean {
  if (code === CloseCode.WITH_ERROR) return false;
  // When the time is over Colyseus calls `onLeave`; the promise then has nothing to add.
  room.allowReconnection(client, limits.reconnectionSeconds).catch(() => undefined);
  return true;
}
