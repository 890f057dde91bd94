/**
 * Short texts in the layout the tools document, written for these tests (serial numbers and ids are made up). Layouts: dmidecode 3.x,
 * ethtool 6.x, `nvidia-smi -q` of driver 550, fwupdmgr 1.9, OpenSBI 1.4, util-linux 2.40, linuxptp 3.1.1 and 4.2, chrony 4.3.
 */
export const DMIDECODE = `# dmidecode 3.4
Getting SMBIOS data from sysfs.
SMBIOS 3.2.1 present.

Handle 0x0000, DMI type 0, 26 bytes
BIOS Information
\tVendor: American Megatrends Inc.
\tVersion: 3.3
\tRelease Date: 02/21/2020
\tCharacteristics:
\t\tPCI is supported
\tBIOS Revision: 5.14
\tFirmware Revision: 1.21

Handle 0x0001, DMI type 1, 27 bytes
System Information
\tManufacturer: Supermicro
\tProduct Name: SYS-6019P-WT
\tSerial Number: S1

Handle 0x0002, DMI type 2, 15 bytes
Base Board Information
\tManufacturer: Supermicro
\tProduct Name: X11DDW-L
\tVersion: 1.10
\tSerial Number: B1
\tFeatures:
\t\tBoard is a hosting board
\tType: Motherboard
`;

export const DMIDECODE_FILLERS = `# dmidecode 2.12
Handle 0x0000, DMI type 0, 24 bytes
BIOS Information
        Version: 6.00

Handle 0x0001, DMI type 1, 27 bytes
System Information
        Product Name: VMware Virtual Platform
        Version: None

Handle 0x0002, DMI type 2, 15 bytes
Base Board Information
        Product Name: To be filled by O.E.M.
        Version: None
`;

export const ETHTOOL_T_HARDWARE = `Time stamping parameters for eno1:
Capabilities:
\thardware-transmit     (SOF_TIMESTAMPING_TX_HARDWARE)
\tsoftware-transmit     (SOF_TIMESTAMPING_TX_SOFTWARE)
\thardware-receive      (SOF_TIMESTAMPING_RX_HARDWARE)
\thardware-raw-clock    (SOF_TIMESTAMPING_RAW_HARDWARE)
PTP Hardware Clock: 0
Hardware Transmit Timestamp Modes:
\toff                   (HWTSTAMP_TX_OFF)
`;

export const ETHTOOL_T_SOFTWARE = `Time stamping parameters for eth0:
Capabilities:
\tsoftware-transmit
PTP Hardware Clock: none
`;

export const ETHTOOL_I_TWO = `driver: ice
version: 6.12.107
firmware-version: 4.60 0x8001e8b2
bus-info: 0000:ca:00.0
driver: ice
version: 6.12.107
firmware-version: 4.40 0x8001c967
bus-info: 0000:cb:00.0
`;

export const NVIDIA_SMI_Q = `
==============NVSMI LOG==============

Timestamp                                 : Fri Jun 30 17:20:02 2023
Driver Version                            : 550.90.12
CUDA Version                              : 12.4

Attached GPUs                             : 2
GPU 00000000:18:00.0
    Product Name                          : NVIDIA A16
    MIG Mode
        Current                           : N/A
    Serial Number                         : 1320
    GPU UUID                              : GPU-a
    VBIOS Version                         : 94.07.54.00.01
    GSP Firmware Version                  : N/A
    PCI
        VBIOS Version                     : not this
GPU 00000000:3B:00.0
    Product Name                          : NVIDIA A16
    GPU UUID                              : GPU-b
    VBIOS Version                         : 94.07.54.00.02
    GSP Firmware Version                  : 550.90.12
`;

export const FWUPD = `{
  "Devices" : [
    { "Name" : "System Firmware", "DeviceId" : "a45d", "Plugin" : "uefi_capsule", "Serial" : "S1", "Version" : "1.20.0" },
    { "Name" : "SSD 990 PRO", "Version" : "5B2QJXD7" },
    { "Name" : "SSD 990 PRO", "Version" : "4B2QJXD7" },
    { "Name" : "TPM", "Flags" : [ "internal" ] }
  ]
}
`;

export const OPENSBI_BOARD = `
OpenSBI v1.4-112-g7b4bc9d
   ____                    _____ ____ _____
  / __ \\                  / ____|  _ \\_   _|

Platform Name             : StarFive VisionFive 2 v1.3B
Platform HART Count       : 5
Platform PMU Device       : ---
Runtime SBI Version       : 2.0

Boot HART ID              : 1
Boot HART Base ISA        : rv64imafdc
`;

export const LSCPU_NESTED = `{"lscpu": [
 {"field": "Architecture:", "data": "x86_64", "children": [{"field": "CPU op-mode(s):", "data": "32-bit, 64-bit"}]},
 {"field": "CPU(s):", "data": "8", "children": [{"field": "On-line CPU(s) list:", "data": "0-4,7"}]},
 {"field": "Vendor ID:", "data": "GenuineIntel", "children": [
  {"field": "Model name:", "data": "Intel(R) Xeon(R) Gold 6338", "children": [
   {"field": "Frequency boost:", "data": "enabled"}, {"field": "Flags:", "data": "fpu vme lm"}]}]}]}
`;

export const CPUINFO_ARM = `processor\t: 0
BogoMIPS\t: 50.00
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x3
CPU part\t: 0xd0c
CPU revision\t: 1

processor\t: 1
BogoMIPS\t: 50.00
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x3
CPU part\t: 0xd0c
CPU revision\t: 1

`;

export const CPUINFO_X86 = `processor\t: 0
vendor_id\t: GenuineIntel
model name\t: Intel(R) N100
microcode\t: 0x1a
flags\t\t: fpu vme lm
bogomips\t: 1612.80
power management:

`;

export const CPUINFO_HARTS = `processor\t: 0
hart\t\t: 0
isa\t\t: rv64imac
uarch\t\t: sifive,s7

processor\t: 1
hart\t\t: 1
isa\t\t: rv64imafdc
uarch\t\t: sifive,u74-mc

`;

export const CHRONY_TEXT = `Reference ID    : 50484330 (PHC0)
Stratum         : 4
Ref time (UTC)  : Fri Nov 20 18:51:32 2026
System time     : 0.000001079 seconds fast of NTP time
Last offset     : +0.000000050 seconds
RMS offset      : 0.000000142 seconds
Frequency       : 0.027 ppm fast
Residual freq   : +0.002 ppm
Skew            : 0.104 ppm
Root delay      : 0.000006106 seconds
Root dispersion : 0.000001169 seconds
Update interval : 0.3 seconds
Leap status     : Normal
`;

export const PTP4L_LOCKED = `ptp4l[10.1]: port 1 (eth0): LISTENING to UNCALIBRATED on RS_SLAVE
ptp4l[11.1]: master offset      -4000 s0 freq      +0 path delay      9000
ptp4l[12.1]: master offset      -3900 s1 freq    -100 path delay      9000
ptp4l[13.1]: master offset         90 s2 freq    -100 path delay      2300
ptp4l[13.1]: port 1 (eth0): UNCALIBRATED to SLAVE on MASTER_CLOCK_SELECTED
Feb 19 10:22:14 lab ptp4l[1956]: [14.1] master offset         12 s3 freq    -101 path delay      2200
`;

export const PHC2SYS_LOCKED = `phc2sys[616.617]: Waiting for ptp4l...
phc2sys[628.628]: phc offset     66341 s0 freq      +0 delay   2729
phc2sys[629.628]: phc offset     64668 s1 freq  -37690 delay   2726
phc2sys[646.630]: phc offset      -333 s2 freq  -37426 delay   2747
Feb 19 10:22:43 lab phc2sys[1957]: [231835.711] CLOCK_REALTIME phc offset       -11 s2 freq  +22612 delay    558
`;

export const PMC_SLAVE = `sending: GET CURRENT_DATA_SET
\tea29a2.fffe.ec330a-0 seq 0 RESPONSE MANAGEMENT CURRENT_DATA_SET
\t\tstepsRemoved     1
\t\toffsetFromMaster -14.5
\t\tmeanPathDelay    548.0
sending: GET TIME_STATUS_NP
\tea29a2.fffe.ec330a-0 seq 0 RESPONSE MANAGEMENT TIME_STATUS_NP
\t\tmaster_offset              218
\t\tgmPresent                  true
sending: GET PORT_DATA_SET
\tea29a2.fffe.ec330a-1 seq 0 RESPONSE MANAGEMENT PORT_DATA_SET
\t\tportIdentity            ea29a2.fffe.ec330a-1
\t\tportState               SLAVE
`;
