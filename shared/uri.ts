import { z } from 'zod'
import { platformSchema } from './schemas.ts'
import { COMPRESSIONS, isArgument, isHostname, isVariable, MOST_WORKERS } from './spec-values.ts'

const fileSources = [
  z.object({
    kind: z.literal('tar'),
    path: z.string().min(1),
    image: z.string().optional(),
    platform: platformSchema.partial().optional(),
  }),
  z.object({
    kind: z.literal('layout'),
    path: z.string().min(1),
    image: z.string().optional(),
    platform: platformSchema.partial().optional(),
  }),
  z.object({
    kind: z.literal('dir'),
    path: z.string().min(1),
    image: z.string().optional(),
    tag: z.string().optional(),
  }),
] as const

/** An image in a file or folder of this computer. */
export const fileSourceSchema = z.discriminatedUnion('kind', fileSources)
export type FileSource = z.infer<typeof fileSourceSchema>

/**
 * Where an image comes from, as data: what a URI on the command line and a drop on the window both become. `path` is absolute.
 * In a file or folder `image` picks one of several in a tarball or layout: a reference, an image ID (or 12+ digits of it), a manifest digest, or `#N`.
 */
export const sourceSpecSchema = z.discriminatedUnion('kind', [
  ...fileSources,
  z.object({
    kind: z.literal('registry'),
    /** A reference, as Docker writes it: `debian:12`, `registry.example.org:5000/team/app@sha256:…`. */
    image: z.string().min(1),
    platform: platformSchema.partial().optional(),
    /** Speak plain HTTP, or TLS whose certificate nobody checks, with this registry (and no other server). */
    insecure: z.boolean().optional(),
    /** Blobs fetched at once. */
    maxWorkers: z.number().int().min(1).max(MOST_WORKERS).optional(),
    /** Fetch layers that the registry does not hold from the addresses that the manifest gives. */
    foreign: z.boolean().optional(),
  }),
  z.object({
    kind: z.literal('docker'),
    /** A name the engine knows it by, or its ID. */
    image: z.string().min(1),
    /** The engine: the path of its socket, or unix://, tcp://, ssh:// or npipe:// and its address. The default one unless said. */
    socket: z.string().min(1).optional(),
    platform: platformSchema.partial().optional(),
  }),
])
export type SourceSpec = z.infer<typeof sourceSpecSchema>
export type RegistrySource = Extract<SourceSpec, { kind: 'registry' }>
export type DockerSource = Extract<SourceSpec, { kind: 'docker' }>

/** What a bundle's process gets beside what the image says. */
const bundleOptions = {
  /** Give the process a terminal. */
  terminal: z.boolean().default(false),
  /** Mount the root filesystem read-only. */
  readOnly: z.boolean().default(false),
  hostname: z.string().refine(isHostname).optional(),
  /** Over the image's own. */
  env: z.array(z.string().refine(isVariable)).default([]),
  /** In place of the image's entrypoint and command. */
  args: z.array(z.string().refine(isArgument)).min(1).optional(),
  /** A bundle that a user without privileges starts; unless said, what the one who writes it is. */
  rootless: z.boolean().optional(),
  /** Copy also those labels into annotations that a runtime acts on. */
  allLabels: z.boolean().default(false),
}

/** Where an image goes. `reference` names it there; without one the input's own names are kept. */
export const destinationSpecSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('tar'),
    path: z.string().min(1),
    reference: z.string().optional(),
    compression: z.enum(COMPRESSIONS).default('none'),
    /** Replace a file that is there already. */
    overwrite: z.boolean().default(true),
  }),
  z.object({
    kind: z.literal('dir'),
    path: z.string().min(1),
    reference: z.string().optional(),
    uniqueNames: z.boolean().default(false),
    /** Write the image's whole root filesystem beside its layers, too. */
    expand: z.boolean().optional(),
  }),
  /** A runtime bundle: `config.json` and `rootfs/`, in a folder that is not there yet or is empty. */
  z.object({
    kind: z.literal('oci'),
    path: z.string().min(1),
    reference: z.string().optional(),
    ...bundleOptions,
  }),
  /** Layers as folders that overlay mounts one over the other; several images share a folder, and the layers in it. */
  z.object({
    kind: z.literal('mounts'),
    path: z.string().min(1),
    reference: z.string().optional(),
    /** Mount the image when it is written; needs root. */
    mount: z.boolean().default(false),
  }),
])
export type DestinationSpec = z.infer<typeof destinationSpecSchema>

export const filterSpecSchema = z.discriminatedUnion('kind', [
  /** Every entry's mtime becomes `timestamp` (seconds; 0 unless said), and the config's times with it. */
  z.object({ kind: z.literal('normalize-timestamps'), timestamp: z.number().int().min(0).default(0) }),
  /** Names in the layers that match are told while the image is written, which stays as it is. */
  z.object({
    kind: z.literal('search'),
    pattern: z.string().min(1).max(4096),
    isRegex: z.boolean().default(false),
    isScriptFriendly: z.boolean().default(false),
  }),
])
export type FilterSpec = z.infer<typeof filterSpecSchema>
