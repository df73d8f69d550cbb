// The icons that the app uses, by name. One import each, so that a build carries no others.
import ArrowLeft from 'lucide-solid/icons/arrow-left';
import ArrowRight from 'lucide-solid/icons/arrow-right';
import ChartLine from 'lucide-solid/icons/chart-line';
import Check from 'lucide-solid/icons/check';
import ChevronDown from 'lucide-solid/icons/chevron-down';
import ChevronUp from 'lucide-solid/icons/chevron-up';
import CircleAlert from 'lucide-solid/icons/circle-alert';
import CircleCheck from 'lucide-solid/icons/circle-check';
import CircleX from 'lucide-solid/icons/circle-x';
import CircuitBoard from 'lucide-solid/icons/circuit-board';
import Copy from 'lucide-solid/icons/copy';
import Download from 'lucide-solid/icons/download';
import EyeOff from 'lucide-solid/icons/eye-off';
import FileCheck from 'lucide-solid/icons/file-check';
import FileText from 'lucide-solid/icons/file-text';
import Fingerprint from 'lucide-solid/icons/fingerprint-pattern';
import FolderOpen from 'lucide-solid/icons/folder-open';
import Info from 'lucide-solid/icons/info';
import KeyRound from 'lucide-solid/icons/key-round';
import Laptop from 'lucide-solid/icons/laptop';
import LoaderCircle from 'lucide-solid/icons/loader-circle';
import Lock from 'lucide-solid/icons/lock';
import LockOpen from 'lucide-solid/icons/lock-open';
import Megaphone from 'lucide-solid/icons/megaphone';
import Monitor from 'lucide-solid/icons/monitor';
import Moon from 'lucide-solid/icons/moon';
import Pause from 'lucide-solid/icons/pause';
import Pencil from 'lucide-solid/icons/pencil';
import Play from 'lucide-solid/icons/play';
import Plus from 'lucide-solid/icons/plus';
import RefreshCw from 'lucide-solid/icons/refresh-cw';
import RotateCcw from 'lucide-solid/icons/rotate-ccw';
import ScrollText from 'lucide-solid/icons/scroll-text';
import Search from 'lucide-solid/icons/search';
import Server from 'lucide-solid/icons/server';
import Settings from 'lucide-solid/icons/settings';
import ShieldCheck from 'lucide-solid/icons/shield-check';
import Sun from 'lucide-solid/icons/sun';
import Trash from 'lucide-solid/icons/trash';
import TriangleAlert from 'lucide-solid/icons/triangle-alert';
import Upload from 'lucide-solid/icons/upload';
import Users from 'lucide-solid/icons/users';
import WifiOff from 'lucide-solid/icons/wifi-off';
import X from 'lucide-solid/icons/x';
import type { JSX } from 'solid-js';
import { Dynamic } from 'solid-js/web';

const ICONS = {
  'arrow-left': ArrowLeft,
  'arrow-right': ArrowRight,
  campaign: Megaphone,
  check: Check,
  'chevron-down': ChevronDown,
  'chevron-up': ChevronUp,
  claim: ScrollText,
  circuit: CircuitBoard,
  copy: Copy,
  device: Laptop,
  download: Download,
  edit: Pencil,
  error: CircleX,
  file: FileText,
  identity: Fingerprint,
  info: Info,
  insights: ChartLine,
  key: KeyRound,
  lock: Lock,
  moon: Moon,
  offline: WifiOff,
  ok: CircleCheck,
  open: FolderOpen,
  pause: Pause,
  play: Play,
  plus: Plus,
  proof: FileCheck,
  refresh: RefreshCw,
  retry: RotateCcw,
  search: Search,
  server: Server,
  settings: Settings,
  spinner: LoaderCircle,
  sun: Sun,
  system: Monitor,
  trash: Trash,
  people: Users,
  unseen: EyeOff,
  unlock: LockOpen,
  upload: Upload,
  verify: ShieldCheck,
  warn: TriangleAlert,
  alert: CircleAlert,
  close: X,
} as const;

export type IconName = keyof typeof ICONS;

/** Decorative unless `label` is given. `sizePx` defaults to 18. */
export function Icon(props: { name: IconName; sizePx?: number; label?: string }): JSX.Element {
  return (
    <Dynamic
      component={ICONS[props.name]}
      size={props.sizePx ?? 18}
      strokeWidth={1.75}
      aria-hidden={props.label === undefined ? 'true' : undefined}
      aria-label={props.label}
      role={props.label === undefined ? undefined : 'img'}
    />
  );
}
