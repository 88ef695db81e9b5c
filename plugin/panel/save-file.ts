/** Hands a file to the person's browser to keep. */
export function saveFile(data: Blob, name: string): void {
  const url = URL.createObjectURL(data);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken hold of the data by the next task; a minute is for slow ones.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
