import createError, { type FastifyErrorConstructor } from '@fastify/error'

/**
 * Every error this plugin throws or sends. Messages name the thing, the rule and the remedy;
 * docs/errors.md has one paragraph per code and a test holds the two together.
 */

export type CodedError<Args extends unknown[] = []> = FastifyErrorConstructor<{ code: string, statusCode?: number }, [...Args, options?: { cause: unknown }]>

/** An option of `app.register(netlifyFunctions, …)` has a bad value. Thrown at registration. */
export const FST_NETLIFY_INVALID_OPTION: CodedError<[option: string, rule: string]> = coded('FST_NETLIFY_INVALID_OPTION', 'Option "%s" %s', 500, TypeError)
/** An option, or a key of a function's `config`, needs a package that is not installed. */
export const FST_NETLIFY_MISSING_PACKAGE: CodedError<[what: string, name: string, install: string]> = coded('FST_NETLIFY_MISSING_PACKAGE', '"%s" needs the package "%s", which is not installed; run: npm install %s', 500)
/** Two sites in one scope need different names. Thrown at registration. */
export const FST_NETLIFY_DUPLICATE_SITE: CodedError<[name: string]> = coded('FST_NETLIFY_DUPLICATE_SITE', '%s', 500)
/** Two sites of one process set the same environment variable to different values. Thrown at registration. */
export const FST_NETLIFY_ENV_CONFLICT: CodedError<[variable: string]> = coded('FST_NETLIFY_ENV_CONFLICT', 'This site sets the variable "%s" to another value than a site already registered in this process; functions share process.env, so give both sites the same value or run them in two processes', 500)
/** netlify.toml cannot be read or parsed. Thrown at registration. */
export const FST_NETLIFY_INVALID_TOML: CodedError<[file: string, reason: string]> = coded('FST_NETLIFY_INVALID_TOML', '%s is not a valid netlify.toml: %s', 500)
/** What the build of a framework left for the site cannot be read. Thrown at registration. */
export const FST_NETLIFY_INVALID_FRAMEWORK_CONFIG: CodedError<[file: string, reason: string]> = coded('FST_NETLIFY_INVALID_FRAMEWORK_CONFIG', '%s, which the build of a framework has written, cannot be used: %s; build the site again', 500)
/** `name` of `invoke(name)` or `site(name)` is unknown. */
export const FST_NETLIFY_UNKNOWN_SITE: CodedError<[name: string]> = coded('FST_NETLIFY_UNKNOWN_SITE', 'No site named "%s" is registered here; give it with the option "name"', 500)

/** `reload()` could not make a new version of the site, or the version was refused; the old one is served on. */
export const FST_NETLIFY_RELOAD_FAILED: CodedError<[reason: string]> = coded('FST_NETLIFY_RELOAD_FAILED', 'The new version of the site is not served, the old one is: %s', 500)

/** Some changes of files are not noticed. Logged, never thrown. */
export const FST_NETLIFY_WATCH_FAILED: CodedError<[reason: string, remedy: string]> = coded('FST_NETLIFY_WATCH_FAILED', 'Some changes of files will not be noticed: %s; %s', 500)

/** The function failed to build or load; sent instead of the reason when `exposeErrors` is off. */
export const FST_NETLIFY_FUNCTION_BROKEN: CodedError<[name: string]> = coded('FST_NETLIFY_FUNCTION_BROKEN', 'Function "%s" cannot run: it failed to build or load, and the server\'s log says why', 500)
/** The function's file does not compile. */
export const FST_NETLIFY_BUILD_FAILED: CodedError<[name: string, reason: string]> = coded('FST_NETLIFY_BUILD_FAILED', 'Function "%s" does not build:\n%s', 500)
/** The function's module throws while it is loaded. */
export const FST_NETLIFY_LOAD_FAILED: CodedError<[name: string, reason: string]> = coded('FST_NETLIFY_LOAD_FAILED', 'Function "%s" throws while loading: %s', 500)
/** The function's default export is not a handler. */
export const FST_NETLIFY_INVALID_HANDLER: CodedError<[name: string, found: string]> = coded('FST_NETLIFY_INVALID_HANDLER', 'Function "%s" has %s as its default export; export a function, or an object with a "fetch" function', 500)
/** A key of the function's `config` has a bad value. */
export const FST_NETLIFY_INVALID_CONFIG: CodedError<[name: string, key: string, rule: string]> = coded('FST_NETLIFY_INVALID_CONFIG', 'Function "%s" has a configuration error on \'%s\': %s', 500)

/** The name in the URL is not `[A-Za-z0-9_-]+`. */
export const FST_NETLIFY_INVALID_FUNCTION_NAME: CodedError = coded('FST_NETLIFY_INVALID_FUNCTION_NAME', 'Function name should consist only of alphanumeric characters, hyphen & underscores.', 400)
/** No function answers to this name. */
export const FST_NETLIFY_FUNCTION_NOT_FOUND: CodedError<[name: string]> = coded('FST_NETLIFY_FUNCTION_NOT_FOUND', 'Function "%s" not found', 404)
/** The `Host` header cannot be part of a URL. */
export const FST_NETLIFY_INVALID_HOST: CodedError = coded('FST_NETLIFY_INVALID_HOST', 'The Host header is not a valid host', 400)
/** The Fetch standard forbids this method in a `Request`. */
export const FST_NETLIFY_METHOD_NOT_SUPPORTED: CodedError<[method: string]> = coded('FST_NETLIFY_METHOD_NOT_SUPPORTED', 'Method %s cannot reach a function: the Fetch standard forbids it in a Request', 405)
/** The request body is larger than `limits.requestBody` (or `limits.backgroundBody`). */
export const FST_NETLIFY_REQUEST_BODY_TOO_LARGE: CodedError<[limit: number]> = coded('FST_NETLIFY_REQUEST_BODY_TOO_LARGE', 'Request body is larger than %d bytes', 413)
/** The client left before the request body was complete. */
export const FST_NETLIFY_CLIENT_LEFT: CodedError = coded('FST_NETLIFY_CLIENT_LEFT', 'The client closed the connection', 499)

/** As many invocations as `limits.concurrency` allows are running; sent with `Retry-After`. */
export const FST_NETLIFY_TOO_MANY_INVOCATIONS: CodedError<[name: string, what: string, limit: number]> = coded('FST_NETLIFY_TOO_MANY_INVOCATIONS', 'Function "%s" is not run: the limit of %s at once, %d, is reached', 503)

/** The function ended the thread it ran in: it exhausted its memory, say, or called `process.exit`. */
export const FST_NETLIFY_THREAD_ENDED: CodedError<[name: string, reason: string]> = coded('FST_NETLIFY_THREAD_ENDED', 'Function "%s" ended its thread: %s', 500)
/** The thread that the call ran in was ended by another call; sent with `Retry-After`. */
export const FST_NETLIFY_THREAD_LOST: CodedError<[name: string, reason: string]> = coded('FST_NETLIFY_THREAD_LOST', 'Function "%s" lost the thread it ran in: %s', 503)
/** The function keeps ending the threads it runs in; sent with `Retry-After`. */
export const FST_NETLIFY_HELD_BACK: CodedError<[name: string, seconds: number]> = coded('FST_NETLIFY_HELD_BACK', 'Function "%s" is held back for %d seconds, as it keeps ending the threads it runs in; the server\'s log says how', 503)

/** The function was called more often than its `config.rateLimit` allows; sent with `Retry-After`. */
export const FST_NETLIFY_RATE_LIMITED: CodedError<[name: string, seconds: number]> = coded('FST_NETLIFY_RATE_LIMITED', 'Function "%s" is called too often: rate limit exceeded, retry in %d seconds', 429)

/** `emit(event)` names no event. */
export const FST_NETLIFY_UNKNOWN_EVENT: CodedError<[event: string, events: string]> = coded('FST_NETLIFY_UNKNOWN_EVENT', 'There is no event "%s"; the events are %s', 400)
/** The payload of an event is not what its handlers need. */
export const FST_NETLIFY_INVALID_EVENT: CodedError<[problem: string]> = coded('FST_NETLIFY_INVALID_EVENT', '%s', 400)
/** A request for a function that is named after an event; only the event calls it. */
export const FST_NETLIFY_EVENT_FUNCTION: CodedError<[name: string]> = coded('FST_NETLIFY_EVENT_FUNCTION', 'Function "%s" is called by its event only', 403)
/** An event handler returned something that the event has no use for. */
export const FST_NETLIFY_INVALID_EVENT_RESULT: CodedError<[name: string, event: string, returned: string]> = coded('FST_NETLIFY_INVALID_EVENT_RESULT', 'Function "%s" returned an unsupported value from its handler of "%s"; return nothing, or { user }. It returned %s', 500)
/** The body of a form cannot be read. */
export const FST_NETLIFY_INVALID_FORM: CodedError<[reason: string]> = coded('FST_NETLIFY_INVALID_FORM', 'The form cannot be read: %s', 400)

/** The function threw or rejected. */
export const FST_NETLIFY_FUNCTION_FAILED: CodedError<[name: string, reason: string]> = coded('FST_NETLIFY_FUNCTION_FAILED', 'Function "%s" failed%s', 500)
/** The function returned something that is neither a `Response` nor `undefined`. */
export const FST_NETLIFY_INVALID_RETURN_VALUE: CodedError<[name: string, returned: string]> = coded('FST_NETLIFY_INVALID_RETURN_VALUE', 'Function "%s" returned an unsupported value. Accepted types are \'Response\' or \'undefined\'. It returned %s', 500)
/** The response cannot be sent: status out of range, used body, forbidden header. */
export const FST_NETLIFY_INVALID_RESPONSE: CodedError<[name: string, reason: string]> = coded('FST_NETLIFY_INVALID_RESPONSE', 'Function "%s" returned a response that cannot be sent: %s', 500)
/** A Lambda-compatible handler returned a bad result. */
export const FST_NETLIFY_INVALID_LAMBDA_RESULT: CodedError<[reason: string]> = coded('FST_NETLIFY_INVALID_LAMBDA_RESULT', '%s', 500)
/** A response header has a character beyond Latin-1. */
export const FST_NETLIFY_HEADER_NOT_LATIN1: CodedError<[reason: string]> = coded('FST_NETLIFY_HEADER_NOT_LATIN1', 'Response header contains a character that is not a Latin-1 character (code point 0-255). Consider encoding the value using encodeURIComponent() or base64. Original error: %s', 500)
/** The function reached its time limit. */
export const FST_NETLIFY_TIMEOUT: CodedError<[name: string, seconds: string]> = coded('FST_NETLIFY_TIMEOUT', 'Function "%s": Task timed out after %s seconds', 504)
/** The response body is larger than `limits.streamedBody` (or `limits.responseBody`). */
export const FST_NETLIFY_RESPONSE_BODY_TOO_LARGE: CodedError<[name: string, limit: number]> = coded('FST_NETLIFY_RESPONSE_BODY_TOO_LARGE', 'Function "%s" sent a response body larger than %d bytes', 500)
/** The response body is longer or shorter than its `content-length`. */
export const FST_NETLIFY_CONTENT_LENGTH_MISMATCH: CodedError<[name: string, declared: number, sent: number]> = coded('FST_NETLIFY_CONTENT_LENGTH_MISMATCH', 'Function "%s" declared a content-length of %d bytes and sent %d', 500)

/** The query of `/.netlify/images` names no source, or one that is no URL. */
export const FST_NETLIFY_INVALID_IMAGE_REQUEST: CodedError<[problem: string]> = coded('FST_NETLIFY_INVALID_IMAGE_REQUEST', 'The image cannot be found: %s', 400)
/** A parameter of `/.netlify/images` has a bad value. */
export const FST_NETLIFY_INVALID_IMAGE_PARAMETER: CodedError<[parameter: string, rule: string]> = coded('FST_NETLIFY_INVALID_IMAGE_PARAMETER', 'The image\'s parameter "%s" %s', 404)
/** The source of an image does not exist. */
export const FST_NETLIFY_IMAGE_NOT_FOUND: CodedError<[url: string]> = coded('FST_NETLIFY_IMAGE_NOT_FOUND', 'There is no image %s', 404)
/** The source of an image is on another server, and netlify.toml does not allow it. */
export const FST_NETLIFY_IMAGE_NOT_ALLOWED: CodedError<[url: string]> = coded('FST_NETLIFY_IMAGE_NOT_ALLOWED', 'The image %s is not among those that [images] remote_images of netlify.toml allows', 403)
/** The source of an image cannot be transformed. */
export const FST_NETLIFY_INVALID_IMAGE: CodedError<[url: string, reason: string]> = coded('FST_NETLIFY_INVALID_IMAGE', 'The image %s cannot be transformed: %s', 400)
/** The server of an image does not give it. */
export const FST_NETLIFY_IMAGE_UNREACHABLE: CodedError<[url: string, reason: string]> = coded('FST_NETLIFY_IMAGE_UNREACHABLE', 'The image %s cannot be fetched: %s', 502)
/** A request for an image is neither GET nor HEAD. */
export const FST_NETLIFY_IMAGE_METHOD: CodedError<[method: string]> = coded('FST_NETLIFY_IMAGE_METHOD', 'An image has no method %s; use GET or HEAD', 405)
/** The package that transforms images is not installed, or does not run here; the log says more. */
export const FST_NETLIFY_IMAGES_UNAVAILABLE: CodedError = coded('FST_NETLIFY_IMAGES_UNAVAILABLE', 'This server does not transform images; its log says why', 501)
/** Too many images wait to be transformed; sent with `Retry-After`. */
export const FST_NETLIFY_TOO_MANY_IMAGES: CodedError<[limit: number]> = coded('FST_NETLIFY_TOO_MANY_IMAGES', '%d images wait to be transformed already', 503)

/** The server of the option `devServer` does not answer. */
export const FST_NETLIFY_DEV_SERVER_UNREACHABLE: CodedError<[url: string, reason: string]> = coded('FST_NETLIFY_DEV_SERVER_UNREACHABLE', 'The dev server %s does not answer (%s); start it, or correct the option "devServer"', 502)

/** The server that a redirect rule passes a request on to cannot be reached, or breaks the exchange; the log says more. */
export const FST_NETLIFY_PROXY_FAILED: CodedError = coded('FST_NETLIFY_PROXY_FAILED', 'The server that this path leads to cannot be reached, or does not answer as it should; the log of this server says why', 502)
/** The server that a redirect rule passes a request on to has not begun to answer in time. */
export const FST_NETLIFY_PROXY_TIMEOUT: CodedError<[seconds: number]> = coded('FST_NETLIFY_PROXY_TIMEOUT', 'The server that this path leads to has not answered within %d seconds', 504)
/** A request that a redirect rule has passed on came back, or has been passed on too often. */
export const FST_NETLIFY_PROXY_LOOP: CodedError = coded('FST_NETLIFY_PROXY_LOOP', 'The request goes round in circles: a redirect rule with status 200 leads back to this site; name the path on this site as its destination instead', 508)
/** The path of a request that is to be passed on could lead out of the place its rule allows. */
export const FST_NETLIFY_UNSAFE_PATH: CodedError = coded('FST_NETLIFY_UNSAFE_PATH', 'The path has an encoded segment "." or "..", which is not passed on to another server', 400)

/** A file that needs a login, by a header rule with `Basic-Auth`, was asked for without one; sent with `WWW-Authenticate`. */
export const FST_NETLIFY_LOGIN_REQUIRED: CodedError = coded('FST_NETLIFY_LOGIN_REQUIRED', 'This page needs a user name and a password', 401)
/** A published file cannot be read, or is gone since it was found. */
export const FST_NETLIFY_FILE_UNREADABLE: CodedError = coded('FST_NETLIFY_FILE_UNREADABLE', 'The file cannot be read', 500)

/** The background queue does not accept jobs. */
export const FST_NETLIFY_QUEUE_UNAVAILABLE: CodedError<[reason: string]> = coded('FST_NETLIFY_QUEUE_UNAVAILABLE', 'The background queue cannot store the call: %s', 503)
/** The file or service of the queue can never work as it is; somebody has to do something about it. */
export const FST_NETLIFY_QUEUE_BROKEN: CodedError<[where: string, reason: string, remedy: string]> = coded('FST_NETLIFY_QUEUE_BROKEN', 'The background queue cannot work with %s: %s; %s', 503)
/** A job has failed without being run, or will not be run again. Stored with the job, never thrown at a caller. */
export const FST_NETLIFY_JOB_NOT_RUN: CodedError<[id: string, reason: string]> = coded('FST_NETLIFY_JOB_NOT_RUN', 'Job "%s" is not run: %s', 500)
/** The filter of `jobs.list()` asks for something that no job has. */
export const FST_NETLIFY_INVALID_JOB_FILTER: CodedError<[problem: string]> = coded('FST_NETLIFY_INVALID_JOB_FILTER', 'Jobs cannot be listed: %s', 400, TypeError)
/** No job has this id, or its state does not allow the change. */
export const FST_NETLIFY_JOB_NOT_CHANGED: CodedError<[id: string, reason: string]> = coded('FST_NETLIFY_JOB_NOT_CHANGED', 'Job "%s" was not changed: %s', 409)

/** The dashboard has no `auth`, and the server listens where other machines reach it. `listen()` rejects. */
export const FST_NETLIFY_DASHBOARD_NEEDS_AUTH: CodedError<[path: string, where: string]> = coded('FST_NETLIFY_DASHBOARD_NEEDS_AUTH', 'The dashboard at %s has no "auth", and the server listens on %s, where others may reach it; give the option "dashboard.auth", or listen on 127.0.0.1', 500)
/** The dashboard has no `auth`, and a request may come from elsewhere. */
export const FST_NETLIFY_DASHBOARD_LOCAL_ONLY: CodedError<[reason: string]> = coded('FST_NETLIFY_DASHBOARD_LOCAL_ONLY', 'Without the option "dashboard.auth", the dashboard answers only requests that come straight from this machine, and %s; give the option to show the dashboard to others', 403)
/** A request may not see the dashboard. */
export const FST_NETLIFY_DASHBOARD_NOT_ALLOWED: CodedError<[reason: string]> = coded('FST_NETLIFY_DASHBOARD_NOT_ALLOWED', 'The dashboard is not shown: %s', 401)
/** An address has given too many wrong passwords to the dashboard; sent with `Retry-After`. */
export const FST_NETLIFY_DASHBOARD_TOO_MANY_LOGINS: CodedError<[seconds: number]> = coded('FST_NETLIFY_DASHBOARD_TOO_MANY_LOGINS', 'Too many wrong passwords have come from this address; try again in %d seconds', 429)
/** A form that was sent to the dashboard is not from one of its pages. */
export const FST_NETLIFY_DASHBOARD_FORGED_FORM: CodedError<[reason: string]> = coded('FST_NETLIFY_DASHBOARD_FORGED_FORM', 'The form is not from a page of this dashboard: %s; load the page again and repeat it', 403)
/** A page of the dashboard does not exist. */
export const FST_NETLIFY_DASHBOARD_NO_PAGE: CodedError = coded('FST_NETLIFY_DASHBOARD_NO_PAGE', 'The dashboard has no such page', 404)
/** As many browsers as may watch the live log do so. */
export const FST_NETLIFY_DASHBOARD_TOO_MANY_WATCHERS: CodedError<[limit: number]> = coded('FST_NETLIFY_DASHBOARD_TOO_MANY_WATCHERS', 'The live log is watched by %d browsers already; close one, or load the page again to see what is new', 503)

/** The command was given something it does not know, or cannot use. Ends with exit code 2. */
export const FST_NETLIFY_COMMAND_USAGE: CodedError<[problem: string]> = coded('FST_NETLIFY_COMMAND_USAGE', '%s', 500)
/** The command cannot do what it was asked to. Ends with exit code 1. */
export const FST_NETLIFY_COMMAND_FAILED: CodedError<[problem: string]> = coded('FST_NETLIFY_COMMAND_FAILED', '%s', 500)

function coded<Args extends unknown[]> (code: string, message: string, statusCode: number, base?: ErrorConstructor): CodedError<Args> {
  return createError(code, message, statusCode, base)
}
