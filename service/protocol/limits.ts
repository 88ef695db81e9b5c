/** Every limit of the wire in one place, with its reason. */
export const limits = {
  /** Largest picture a person uploads; a 50-megapixel JPEG is smaller. */
  imageBytesMax: 32 * 2 ** 20,
  /** Pixels after decoding: a picture that claims more is refused before it is decoded (decompression bomb). */
  imagePixelsMax: 64 * 10 ** 6,
  /** Pictures of one data set; more than anyone trains a character with. */
  imagesPerDatasetMax: 1000,
  /** Pictures in one request for captions: a large model needs a second for each. */
  imagesPerSuggestionMax: 32,
  /** Pictures in one upload request. */
  imagesPerUploadMax: 200,
  /** Largest module file: rank 128 of all layers of an SD 1.x UNet is below 700 MB. */
  moduleBytesMax: 1024 * 2 ** 20,
  /** Largest upload of dialogue lines: twenty thousand of them. */
  linesBytesMax: 16 * 2 ** 20,
  /** Dialogues of one data set; a persona needs a few dozen. */
  linesPerDatasetMax: 20_000,
  /** Characters of one dialogue, all its turns together; longer than any base reads at once. */
  lineCharsMax: 16_000,
  /** Lines an upload names as skipped; the rest is counted. */
  skippedNamedMax: 100,
  /** Largest JSON body. */
  jsonBytesMax: 2 ** 20,
  /** Largest WebSocket frame: a tag whose every part is as long as it may be fits. Pictures never travel there. */
  frameBytesMax: 96 * 2 ** 10,
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
  /** Sample replies of a voice's training in the room state. */
  repliesKept: 200,
  /** Those that people share have up to 10 000. Tags travel in one frame and stand in the state of every client. */
  personaCharsMax: 12_000,
  /** A card that stands in its tag, as earlier versions wrote them, as UTF-8 JSON. */
  cardBytesInTagMax: 24_000,
  /** Largest character card, as JSON; those with a book and many greetings have some 300 kB. */
  cardBytesMax: 2 ** 20,
  /** Objects within objects of a card. None that people write goes beyond a dozen; readers of JSON fail at some thousands. */
  cardLevelsMax: 100,
  /** And as a picture that has it inside; those that people share have a few megabytes. */
  cardPictureBytesMax: 16 * 2 ** 20,
  /** What one says to an NPC at a time. */
  sayCharsMax: 400,
  /** Prompts of a training: each is drawn or asked at every save. */
  samplePromptsMax: 4,
  /** From how far an NPC can be talked to and heard. */
  hearingMetres: 12,
  /** Longest reply. Nobody listens longer, and an endless one ends here. */
  replyTokensMax: 120,
  /** Tokens of replies that one player may cause in a minute. */
  tokensPerMinuteMax: 1200,
  /** Replies that wait or are spoken at a time, of all scenes together. */
  repliesWaitingMax: 64,
  /** Of one person. */
  repliesPerPersonMax: 2,
  /** Replies that are spoken in one batch. */
  repliesAtOnceMax: 8,
  /** Finished lines of a node that everyone sees, also who comes later. */
  talkLinesKept: 20,
  /** Exchanges with the same person that the NPC still has in mind, where the base can read so many. */
  exchangesRememberedMax: 8,
  /** Facts that one NPC keeps. */
  factsPerNodeMax: 32,
  factCharsMax: 200,
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
