/** Pixels in sRGB, without gaps; of one channel (grey) or three. */
interface Pixels {
  readonly width: number
  readonly height: number
  readonly channels: number
}

type Colour = readonly [red: number, green: number, blue: number]

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~'
/** How many waves describe the longer side, and the shorter one. */
const LONGER = 4
const SHORTER = 3
/** Levels of a colour's share in a wave, and of the strongest share. */
const LEVELS = 19
const STRENGTHS = 83

/** Describes an image by a short text from which a blurred picture of it can be drawn (https://blurha.sh). */
export function blurhashOf (data: Uint8Array, pixels: Pixels): string {
  const { width, height } = pixels
  const [across, down] = width >= height ? [LONGER, SHORTER] : [SHORTER, LONGER]
  const linear = toLinear(data, pixels)
  const waves: Colour[] = []
  for (let y = 0; y < down; y++) {
    for (let x = 0; x < across; x++) waves.push(share(linear, pixels, x, y))
  }

  const [average, ...others] = waves
  const strongest = Math.max(...others.flat().map(Math.abs))
  const strength = Math.max(0, Math.min(STRENGTHS - 1, Math.floor(strongest * STRENGTHS * 2 - 0.5)))
  const scale = (strength + 1) / (STRENGTHS * 2)
  return digits(across - 1 + (down - 1) * 9, 1) + digits(strength, 1) + digits(averageCode(average!), 4) +
    others.map((wave) => digits(waveCode(wave, scale), 2)).join('')
}

/** Light adds up linearly, sRGB does not. */
function toLinear (data: Uint8Array, { width, height, channels }: Pixels): Colour[] {
  const at = (index: number): number => {
    const value = data[index]! / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }
  return Array.from({ length: width * height }, (_, pixel) => {
    const first = pixel * channels
    return channels < 3 ? [at(first), at(first), at(first)] : [at(first), at(first + 1), at(first + 2)]
  })
}

/** How much of the image is one wave, by colour. */
function share (linear: readonly Colour[], { width, height }: Pixels, x: number, y: number): Colour {
  let red = 0
  let green = 0
  let blue = 0
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const weight = Math.cos(Math.PI * x * column / width) * Math.cos(Math.PI * y * row / height)
      const colour = linear[row * width + column]!
      red += weight * colour[0]
      green += weight * colour[1]
      blue += weight * colour[2]
    }
  }
  const norm = (x === 0 && y === 0 ? 1 : 2) / (width * height)
  return [red * norm, green * norm, blue * norm]
}

function averageCode (colour: Colour): number {
  const [red, green, blue] = colour.map((value) => {
    const bounded = Math.max(0, Math.min(1, value))
    return Math.trunc((bounded <= 0.0031308 ? bounded * 12.92 : 1.055 * bounded ** (1 / 2.4) - 0.055) * 255 + 0.5)
  }) as [number, number, number]
  return red * 65536 + green * 256 + blue
}

function waveCode (wave: Colour, scale: number): number {
  const levels = wave.map((value) => {
    const root = Math.sign(value / scale) * Math.sqrt(Math.abs(value / scale))
    return Math.max(0, Math.min(LEVELS - 1, Math.floor(root * 9 + 9.5)))
  })
  return levels.reduce((code, level) => code * LEVELS + level, 0)
}

function digits (value: number, length: number): string {
  let text = ''
  for (let rest = value; text.length < length; rest = Math.floor(rest / DIGITS.length)) text = DIGITS[rest % DIGITS.length]! + text
  return text
}
