"""What a pipeline of processes costs: wall time, CPU time and peak memory of each.

    run = measure.pipeline([("tap", ["cat", path]), ("adapter", ["cat"]), ("reader", ["cat"])])
    run.seconds, run.cost["adapter"].cpu

The CPU time is a process's own, read when it has ended and before it is reaped; that of the
children it waited for is apart. ru_maxrss would be of no use: a process inherits it from the
one that started it, so the peak is VmHWM, looked at every few milliseconds.
"""
import os
import statistics
import subprocess
import threading
import time

TICKS = os.sysconf("SC_CLK_TCK")
LOOK = 0.02  # seconds


class Cost:
    def __init__(self):
        self.cpu = 0.0           # seconds, its own
        self.children_cpu = 0.0  # of those it waited for
        self.peak = 0            # KiB


class Run:
    def __init__(self):
        self.seconds = 0.0
        self.cost = {}


def look_at_peak(pid, cost):
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8") as file:
            for line in file:
                if line.startswith("VmHWM"):
                    cost.peak = int(line.split()[1])
    except OSError:
        pass  # it is gone


def watch(processes, costs, ended):
    while not ended.wait(LOOK):
        for process, cost in zip(processes, costs):
            look_at_peak(process.pid, cost)


def reap(process, cost):
    """Waits; the costs of one that has ended are there until it is reaped."""
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    with open(f"/proc/{process.pid}/stat", encoding="utf-8") as file:
        times = [int(text) / TICKS for text in file.read().rpartition(")")[2].split()[11:15]]
    cost.cpu, cost.children_cpu = times[0] + times[1], times[2] + times[3]
    if times[2:] == [0, 0]:
        # In microseconds, where no child is counted with it.
        usage = os.wait4(process.pid, 0)
        cost.cpu = usage[2].ru_utime + usage[2].ru_stime
        process.returncode = os.waitstatus_to_exitcode(usage[1])
    else:
        process.wait()


def start(stages, options, output):
    processes = []
    source = subprocess.DEVNULL
    for index, (_, command) in enumerate(stages):
        last = index == len(stages) - 1
        process = subprocess.Popen(command, stdin=source,
                                   stdout=output if last else subprocess.PIPE, **options)
        if source is not subprocess.DEVNULL:
            source.close()
        source = process.stdout
        processes.append(process)
    return processes


def pipeline(stages, output=subprocess.DEVNULL, peaks=True, **options):
    """Runs the stages, (name, command) each, joined by pipes as a shell makes them."""
    run = Run()
    costs = [Cost() for _ in stages]
    run.cost = {name: cost for (name, _), cost in zip(stages, costs)}
    ended = threading.Event()
    started = time.monotonic()
    processes = start(stages, options, output)
    watcher = threading.Thread(target=watch, args=(processes, costs, ended))
    if peaks:
        watcher.start()
    for process, cost in zip(processes, costs):
        reap(process, cost)
    run.seconds = time.monotonic() - started
    ended.set()
    if peaks:
        watcher.join()
    for (name, command), process in zip(stages, processes):
        if process.returncode != 0:
            raise RuntimeError(f"{name} failed ({process.returncode}): {' '.join(command)}")
    return run


def rounds(count, contenders):
    """{name: its runs}. The contenders, functions that give a run, take turns: A B A B."""
    runs = {name: [] for name in contenders}
    for _ in range(count):
        for name, contender in contenders.items():
            runs[name].append(contender())
    return runs


class Values:
    """The values of all rounds: the middle one and how far they spread."""

    def __init__(self, values):
        self.all = list(values)
        self.median = statistics.median(self.all)
        self.low = min(self.all)
        self.high = max(self.all)

    def json(self):
        return {"median": self.median, "low": self.low, "high": self.high,
                "rounds": len(self.all)}


def seconds(runs):
    return Values(run.seconds for run in runs)


def cpu(runs, stage):
    return Values(run.cost[stage].cpu for run in runs)


def peak(runs, stage):
    """KiB."""
    return Values(run.cost[stage].peak for run in runs)


def ratios(over, under, of=lambda run: run.seconds):
    """of(over) / of(under), round by round: what disturbs a round disturbs both."""
    return Values(of(one) / of(other) for one, other in zip(over, under))
