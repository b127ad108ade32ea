import { NodeFS } from '@electric-sql/pglite/nodefs';

const OF_OTHERS = 0o077;

interface NodeOperations {
  mknod(parent: unknown, name: string, mode: number, device: number): unknown;
  setattr(node: unknown, attributes: { readonly mode?: number }): unknown;
}

/** Restricts permissions, because PGlite makes its files readable and writable for everyone, regardless of the umask. */
export class PrivateFiles extends NodeFS {
  override async init(...parameters: Parameters<NodeFS['init']>): ReturnType<NodeFS['init']> {
    const { emscriptenOpts } = await super.init(...parameters);
    const preRun = [...[emscriptenOpts.preRun ?? []].flat(), closeToOthers];
    return { emscriptenOpts: { ...emscriptenOpts, preRun } };
  }
}

function closeToOthers({ FS }: { readonly FS: { readonly filesystems: object } }): void {
  const { NODEFS } = FS.filesystems as { readonly NODEFS: { readonly node_ops: NodeOperations } };
  const { mknod, setattr } = NODEFS.node_ops;
  Object.assign(NODEFS.node_ops, {
    mknod: (parent, name, mode, device) => mknod(parent, name, mode & ~OF_OTHERS, device),
    setattr: (node, { mode, ...others }) =>
      setattr(node, mode === undefined ? others : { ...others, mode: mode & ~OF_OTHERS }),
  } satisfies NodeOperations);
}
