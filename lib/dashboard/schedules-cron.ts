import { cronFields } from '../functions/cron.ts'

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December']
const NUMBER = /^\d{1,2}$/
const STEP = /^\*\/(\d{1,2})$/
const DAY_RANGE = /^(\w+)-(\w+)$/

/** Says in words when a cron expression matches; `undefined` for those that no short sentence says. */
export function describeCron (cron: string): string | undefined {
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = cronFields(cron)
  const isEveryDay = day === '*' && month === '*' && weekday === '*'
  if (hour === '*') return isEveryDay ? describeMinutes(minute) : undefined
  if (STEP.test(hour)) return isEveryDay ? describeHours(minute, hour) : undefined
  const time = timeOfDay(minute, hour)
  const days = describeDays(day, month, weekday)
  return time === undefined || days === undefined ? undefined : `${days} at ${time} UTC`
}

function describeMinutes (minute: string): string | undefined {
  if (minute === '*') return 'Every minute'
  if (minute === '0') return 'Every hour'
  if (NUMBER.test(minute)) return `Every hour at minute ${Number(minute)}`
  const step = stepOf(minute, 60)
  if (step === undefined) return undefined
  return step === 1 ? 'Every minute' : `Every ${step} minutes`
}

function describeHours (minute: string, hour: string): string | undefined {
  const step = stepOf(hour, 24)
  if (step === undefined || !NUMBER.test(minute)) return undefined
  return `${step === 1 ? 'Every hour' : `Every ${step} hours`}${Number(minute) === 0 ? '' : ` at minute ${Number(minute)}`}`
}

/** Only where the steps have the same length: the last one of an hour or of a day may be shorter. */
function stepOf (field: string, whole: number): number | undefined {
  const step = Number(STEP.exec(field)?.[1])
  return step > 0 && whole % step === 0 ? step : undefined
}

function timeOfDay (minute: string, hour: string): string | undefined {
  return NUMBER.test(minute) && NUMBER.test(hour) ? `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}` : undefined
}

function describeDays (day: string, month: string, weekday: string): string | undefined {
  if (weekday !== '*') return day === '*' && month === '*' ? describeWeekdays(weekday) : undefined
  if (day === '*') return month === '*' ? 'Every day' : undefined
  if (!NUMBER.test(day)) return undefined
  if (month === '*') return `On day ${Number(day)} of every month`
  const name = nameOf(month, MONTHS, 1)
  return name && `Every year on ${Number(day)} ${name}`
}

function describeWeekdays (weekday: string): string | undefined {
  const [, from, to] = DAY_RANGE.exec(weekday) ?? []
  if (from !== undefined && to !== undefined) {
    const [first, last] = [dayName(from), dayName(to)]
    return first && last && `Every day from ${first} to ${last}`
  }
  const names = weekday.split(',').map(dayName)
  if (names.some((name) => name === undefined)) return undefined
  const last = names.pop()
  return `Every ${names.length === 0 ? last : `${names.join(', ')} and ${last}`}`
}

function dayName (text: string): string | undefined {
  return nameOf(text === '7' ? '0' : text, DAYS, 0)
}

/** By its number, or by the first three letters. */
function nameOf (text: string, names: readonly string[], first: number): string | undefined {
  if (NUMBER.test(text)) return names[Number(text) - first]
  return text.length === 3 ? names.find((name) => name.slice(0, 3).toUpperCase() === text.toUpperCase()) : undefined
}
