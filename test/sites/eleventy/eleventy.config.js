export default function (eleventy) {
  eleventy.addPassthroughCopy({ 'src/static': '/' })
  return { dir: { input: 'src', output: 'dist' } }
}
