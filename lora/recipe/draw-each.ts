import type { DrawingStudio, DrawRequest, Picture } from "../generate/index.ts";

/** The first picture of each request, in their order. @param onPicture how many there are, after each */
export async function drawEach(
  studio: Pick<DrawingStudio, "draw">,
  requests: readonly DrawRequest[],
  onPicture: (count: number) => void = () => {},
): Promise<Picture[]> {
  const pictures: Picture[] = [];
  for (const request of requests) {
    const [picture] = await studio.draw(request);
    pictures.push(picture!);
    onPicture(pictures.length);
  }
  return pictures;
}
