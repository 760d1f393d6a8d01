import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

// Into a file, as it runs in a thread.
export default async (req: Request): Promise<void> => {
  await writeFile(join(import.meta.dirname, 'note.txt'), await req.text())
}
