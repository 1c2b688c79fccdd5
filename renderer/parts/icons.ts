/** The window's icons, all of one set. Each is imported by its own file: the set's index names thousands. */
import Activity from '@tabler/icons-react/dist/esm/icons/IconActivity.mjs'
import AlertCircle from '@tabler/icons-react/dist/esm/icons/IconAlertCircle.mjs'
import AlertTriangle from '@tabler/icons-react/dist/esm/icons/IconAlertTriangle.mjs'
import Archive from '@tabler/icons-react/dist/esm/icons/IconArchive.mjs'
import ArrowDown from '@tabler/icons-react/dist/esm/icons/IconArrowDown.mjs'
import ArrowForwardUp from '@tabler/icons-react/dist/esm/icons/IconArrowForwardUp.mjs'
import ArrowUp from '@tabler/icons-react/dist/esm/icons/IconArrowUp.mjs'
import ArrowsLeftRight from '@tabler/icons-react/dist/esm/icons/IconArrowsLeftRight.mjs'
import Check from '@tabler/icons-react/dist/esm/icons/IconCheck.mjs'
import ChevronRight from '@tabler/icons-react/dist/esm/icons/IconChevronRight.mjs'
import Cloud from '@tabler/icons-react/dist/esm/icons/IconCloud.mjs'
import Copy from '@tabler/icons-react/dist/esm/icons/IconCopy.mjs'
import DeviceFloppy from '@tabler/icons-react/dist/esm/icons/IconDeviceFloppy.mjs'
import Dots from '@tabler/icons-react/dist/esm/icons/IconDots.mjs'
import Download from '@tabler/icons-react/dist/esm/icons/IconDownload.mjs'
import File from '@tabler/icons-react/dist/esm/icons/IconFile.mjs'
import FileImport from '@tabler/icons-react/dist/esm/icons/IconFileImport.mjs'
import Filter from '@tabler/icons-react/dist/esm/icons/IconFilter.mjs'
import Flask from '@tabler/icons-react/dist/esm/icons/IconFlask.mjs'
import Folder from '@tabler/icons-react/dist/esm/icons/IconFolder.mjs'
import FolderOpen from '@tabler/icons-react/dist/esm/icons/IconFolderOpen.mjs'
import FolderPlus from '@tabler/icons-react/dist/esm/icons/IconFolderPlus.mjs'
import FolderSearch from '@tabler/icons-react/dist/esm/icons/IconFolderSearch.mjs'
import Home from '@tabler/icons-react/dist/esm/icons/IconHome.mjs'
import InfoCircle from '@tabler/icons-react/dist/esm/icons/IconInfoCircle.mjs'
import Link from '@tabler/icons-react/dist/esm/icons/IconLink.mjs'
import Lock from '@tabler/icons-react/dist/esm/icons/IconLock.mjs'
import Minus from '@tabler/icons-react/dist/esm/icons/IconMinus.mjs'
import Package from '@tabler/icons-react/dist/esm/icons/IconPackage.mjs'
import PackageExport from '@tabler/icons-react/dist/esm/icons/IconPackageExport.mjs'
import Pencil from '@tabler/icons-react/dist/esm/icons/IconPencil.mjs'
import PlayerPause from '@tabler/icons-react/dist/esm/icons/IconPlayerPause.mjs'
import Refresh from '@tabler/icons-react/dist/esm/icons/IconRefresh.mjs'
import Search from '@tabler/icons-react/dist/esm/icons/IconSearch.mjs'
import Server from '@tabler/icons-react/dist/esm/icons/IconServer2.mjs'
import Settings from '@tabler/icons-react/dist/esm/icons/IconSettings.mjs'
import Sidebar from '@tabler/icons-react/dist/esm/icons/IconLayoutSidebar.mjs'
import Stack from '@tabler/icons-react/dist/esm/icons/IconStack2.mjs'
import Terminal from '@tabler/icons-react/dist/esm/icons/IconTerminal.mjs'
import X from '@tabler/icons-react/dist/esm/icons/IconX.mjs'
import { decoration } from './decoration.ts'

export const IconActivity = decoration(Activity)
export const IconAlertCircle = decoration(AlertCircle)
export const IconAlertTriangle = decoration(AlertTriangle)
export const IconArchive = decoration(Archive)
export const IconArrowDown = decoration(ArrowDown)
export const IconArrowForwardUp = decoration(ArrowForwardUp)
export const IconArrowUp = decoration(ArrowUp)
export const IconArrowsLeftRight = decoration(ArrowsLeftRight)
export const IconCheck = decoration(Check)
export const IconChevronRight = decoration(ChevronRight)
export const IconCloud = decoration(Cloud)
export const IconCopy = decoration(Copy)
export const IconDeviceFloppy = decoration(DeviceFloppy)
export const IconDots = decoration(Dots)
export const IconDownload = decoration(Download)
export const IconFile = decoration(File)
export const IconFileImport = decoration(FileImport)
export const IconFilter = decoration(Filter)
export const IconFlask = decoration(Flask)
export const IconFolder = decoration(Folder)
export const IconFolderOpen = decoration(FolderOpen)
export const IconFolderPlus = decoration(FolderPlus)
export const IconFolderSearch = decoration(FolderSearch)
export const IconHome = decoration(Home)
export const IconInfoCircle = decoration(InfoCircle)
export const IconLink = decoration(Link)
export const IconLock = decoration(Lock)
export const IconMinus = decoration(Minus)
export const IconPackage = decoration(Package)
export const IconPackageExport = decoration(PackageExport)
export const IconPencil = decoration(Pencil)
export const IconPlayerPause = decoration(PlayerPause)
export const IconRefresh = decoration(Refresh)
export const IconSearch = decoration(Search)
export const IconServer = decoration(Server)
export const IconSettings = decoration(Settings)
export const IconSidebar = decoration(Sidebar)
export const IconStack = decoration(Stack)
export const IconTerminal = decoration(Terminal)
export const IconX = decoration(X)
