/** From the page's address to a running world: sign in, load the scene, join the rooms. */
import type { Language } from "../../../service/protocol/index.ts";
import { joinStudio, ServiceClient } from "../../core/index.ts";
import { connectWorld, openWorld, type OpenedWorld, type World } from "../../runtime/index.ts";
import type { PageAddress } from "./page-address.ts";
import { StudioHost } from "./studio-host.ts";

export interface Running {
  readonly opened: OpenedWorld;
  readonly world: World;
  /** Absent for players. */
  readonly host: StudioHost | undefined;
}

interface StartOptions {
  readonly address: PageAddress;
  readonly canvas: HTMLCanvasElement;
  readonly language: Language;
  readonly sceneName: string;
  readonly onProgress: (share: number) => void;
  readonly onError: (error: unknown) => void;
}

/** @throws ServiceError, or what Babylon says of a scene file that it cannot load */
export async function startStudio(options: StartOptions): Promise<Running> {
  const { address, canvas, language, sceneName, onProgress, onError } = options;
  const { sceneId, role, name, token } = address;
  const client = new ServiceClient({ url: location.origin, ...(token !== undefined && { token }) });
  const sceneUrl = `/scenes/${sceneId}/${sceneId}.babylon`;
  const session = client.signIn({ role, ...(name && { name }), ...(role === "player" && { sceneId }) });
  // The file loads while the service answers; if both fail, the service's answer is the one that helps.
  const loading = openWorld(canvas, sceneUrl, { onProgress });
  loading.catch(() => {});
  const { name: ownName } = await session;
  const opened = await loading;
  try {
    const world = await connectWorld({
      scene: opened.scene,
      client,
      sceneId,
      name: ownName,
      language,
      talk: role === "player",
      onError,
    });
    if (role === "player") return { opened, world, host: undefined };
    const studio = await joinStudio(client);
    return { opened, world, host: new StudioHost({ world, studio, client, sceneId, sceneUrl, sceneName }) };
  } catch (error) {
    opened.dispose();
    throw error;
  }
}
