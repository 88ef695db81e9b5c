const styles = ["adventurer", "lorelei", "notionists", "micah", "personas", "open peeps"];
const hairs = ["black", "brown", "blonde", "red", "silver", "blue"];
const moods = ["smiling", "sad", "surprised", "calm", "laughing"];

/** A small stand-in for the base's captions: regular, bilingual, the same on every run. */
export const miniCaptions: readonly string[] = Array.from({ length: 360 }, (_, i) => {
  const style = styles[i % styles.length]!;
  const hair = hairs[Math.floor(i / 6) % hairs.length]!;
  const mood = moods[Math.floor(i / 36) % moods.length]!;
  const chinese = i % 9 === 0 ? "，张三的肖像" : "";
  return `${style} portrait of a ${mood} person with ${hair} hair, plain background ${i % 17}${chinese}`;
});

export const miniVocabSize = 700;
