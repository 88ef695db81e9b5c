/**
 * What a game imports to show what its room holds.
 *
 * ```ts
 * const { scene } = await openWorld(canvas, "/scenes/square/square.babylon");   // or any Babylon scene of yours
 * const world = await connectWorld({ scene, sceneId: "square", name: "Ada" });  // url: location.origin
 * world.move({ x, y, z, heading });  await world.say("Hello");
 * await world.say("npc-smith", "Do you sell swords?");                          // where the node's tag has a voice
 * await world.request("npc-smith", "portrait", "smiling");                      // where the node's tag allows it
 * await world.dispose();                                                        // the scene is as it was
 * ```
 *
 * connectWorld({ scene, sceneId, url?, token?, name?, client?, overlay?, language?, talk?, onError? }): Promise<World>
 *   World: scene connection client status settled talks node(id) move(pose) say([nodeId,] text) request(nodeId, kind, prompt?, seed?) dispose()
 * openWorld(canvas, url, { onProgress? }): Promise<{ engine, scene, dispose() }>
 * nodesOf(scene): TransformNode[]   tagNodeOf(mesh): the node a click means   isCharacter(node): boolean
 */
export { connectWorld, World, type Pose, type WorldOptions } from "./world.ts";
export { openWorld, type OpenedWorld, type OpenOptions } from "./open-world.ts";
export { applyLook } from "./look.ts";
export { isCharacter, nodesOf, tagNodeOf } from "./scene-nodes.ts";
export type { LoadTexture } from "./texture-cache.ts";
