/** A real listening server with both rooms, and real clients. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { defineServer, type Server } from "@colyseus/core";
import { Client, type Room } from "@colyseus/sdk";
import { WebSocketTransport } from "@colyseus/ws-transport";
import { Access, type TokenRequest } from "../../../service/access/index.ts";
import {
  limits,
  readErrorBody,
  roomNames,
  type ErrorBody,
  type SceneState,
  type StudioState,
} from "../../../service/protocol/index.ts";
import { defineRooms } from "../../../service/rooms/index.ts";
import { eventually, type Workbench } from "../jobs/workbench.ts";

const secret = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c";

export type SceneConnection = Room<unknown, SceneState>;
export type StudioConnection = Room<unknown, StudioState>;

export interface RoomServer {
  readonly access: Access;
  readonly url: string;
  /** A client of its own connection, with a token for what is asked. */
  client(request: TokenRequest): Promise<Client>;
  scene(sceneId: string, request?: TokenRequest): Promise<SceneConnection>;
  studio(): Promise<StudioConnection>;
  close(): Promise<void>;
}

export async function openRooms({ library, jobs, voices }: Workbench, scenes?: string): Promise<RoomServer> {
  const access = Access.open({ secret, development: false });
  const log = { info: () => undefined, error: () => undefined };
  const http = createServer();
  const silent = { debug() {}, error() {}, info() {}, trace() {}, warn() {} };
  const server: Server = defineServer({
    transport: new WebSocketTransport({ server: http, maxPayload: limits.frameBytesMax }),
    logger: silent,
    greet: false,
    gracefullyShutdown: false,
    rooms: defineRooms({ library, jobs, voices, access, log, scenes }),
  });
  await server.listen(0, "127.0.0.1");
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const client = async (request: TokenRequest): Promise<Client> => {
    const { token } = await access.issue(request);
    const made = new Client(url);
    made.auth.token = token;
    return made;
  };
  const join = async <State>(who: Client, name: string, options: object): Promise<Room<unknown, State>> => {
    const room = await who.joinOrCreate<State>(name, options);
    // Without listeners the client writes to the console of whoever runs the tests.
    room.onMessage("*", () => undefined);
    let first = false;
    room.onStateChange.once(() => (first = true));
    await eventually(() => first, "the first state");
    return room as unknown as Room<unknown, State>;
  };
  return {
    access,
    url,
    client,
    scene: async (sceneId, request = { role: "editor", name: "Ada" }) =>
      join<SceneState>(await client(request), roomNames.scene, { sceneId }),
    studio: async () => join<StudioState>(await client({ role: "editor", name: "Ada" }), roomNames.studio, {}),
    close: () => server.gracefullyShutdown(false),
  };
}

/** The ErrorBody that a request or a join was refused with. */
export async function refusal(refused: Promise<unknown>): Promise<ErrorBody> {
  try {
    await refused;
  } catch (error) {
    const { reason, message } = error as { reason?: unknown; message?: unknown };
    const body = readErrorBody(reason) ?? readErrorBody(message);
    if (body) return body;
    throw error;
  }
  throw new Error("expected a refusal, got a reply");
}

/** What a client sees, as plain values. */
export const seen = (room: { readonly state: { toJSON(): unknown } }): Record<string, unknown> =>
  room.state.toJSON() as Record<string, unknown>;
