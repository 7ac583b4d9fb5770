// What Sheriff can say of Seamline's rules: contracts alone across modules, no module into an app, no kernel into either.
interface Dependency {
  readonly from: string;
  readonly to: string;
}
const toItself = ({ from, to }: Dependency): boolean => from.split(':')[1] === to.split(':')[1];

export const config = {
  enableBarrelLess: true,
  modules: {
    'src/modules/<module>/contract': 'contract:<module>',
    'src/modules/<module>': 'module:<module>',
    'src/shared-kernel': 'kernel',
    'apps/<app>': 'app:<app>',
  },
  depRules: {
    'module:*': ['kernel', 'contract:*', toItself],
    // To others too, which is more than Seamline allows: it takes a file whose name begins with `contract`, as those of a
    // module of that name do, for one of the folder.
    'contract:*': ['kernel', 'contract:*', toItself],
    kernel: 'kernel',
    'app:*': '*',
    root: '*',
  },
};
