/** Every limit of the wire in one place, with its reason. */
export const limits = {
  /** Largest picture a person uploads; a 50-megapixel JPEG is smaller. */
  imageBytesMax: 32 * 2 ** 20,
  /** Pixels after decoding: a picture that claims more is refused before it is decoded (decompression bomb). */
  imagePixelsMax: 64 * 10 ** 6,
  /** Pictures of one data set; more than anyone trains a character with. */
  imagesPerDatasetMax: 1000,
  /** Pictures in one upload request. */
  imagesPerUploadMax: 200,
  /** Largest module file: rank 128 of all layers of an SD 1.x UNet is below 700 MB. */
  moduleBytesMax: 1024 * 2 ** 20,
  /** Largest JSON body. */
  jsonBytesMax: 2 ** 20,
  /** Largest WebSocket frame; pictures never travel there. */
  frameBytesMax: 64 * 2 ** 10,
  /** Messages a second from one client, beyond which it is disconnected: 20 Hz of movement and a person's clicks. */
  messagesPerSecondMax: 60,
  /** HTTP requests a minute from one address; a studio page with 200 thumbnails stays below. */
  requestsPerMinuteMax: 3000,
  captionCharsMax: 1000,
  nameCharsMax: 64,
  promptCharsMax: 2000,
  chatCharsMax: 300,
  chatLinesKept: 50,
  logLinesKept: 200,
  /** Points of a loss curve in the room state; longer curves are thinned. */
  lossPointsMax: 1000,
  jobsInStateMax: 50,
  seedsPerDrawMax: 16,
  modulesPerStackMax: 8,
  /** Finished drawings that wait in one queue for one device. */
  drawsQueuedMax: 100,
  playersPerSceneMax: 500,
  /** Seconds a dropped client has to come back to its place. */
  reconnectionSeconds: 30,
} as const;
