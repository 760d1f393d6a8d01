import { createRequire } from 'node:module'
import type { SharpConstructor } from 'sharp'

/** The image library that ipx brings along. */
export const sharp = createRequire(import.meta.resolve('ipx'))('sharp') as SharpConstructor

/** An image of one colour. */
export async function sample (format: 'jpeg' | 'png' | 'webp' | 'gif' | 'avif', width = 60, height = 40, background = '#c04000'): Promise<Buffer> {
  return await sharp({ create: { width, height, channels: 3, background } }).toFormat(format).toBuffer()
}

/** An animation of two frames. */
export async function animation (width = 60, height = 40): Promise<Buffer> {
  const frames = await Promise.all(['#ff0000', '#0000ff'].map(async (background) => await sample('png', width, height, background)))
  return await sharp(frames, { join: { animated: true } }).gif({ delay: [100, 100] }).toBuffer()
}
