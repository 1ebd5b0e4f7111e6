import TestSupport
import Testing

@testable import Executors

@Suite(.oneAtATime) struct AvailableCoresTests {
    struct Place: CustomTestStringConvertible {
        var testDescription: String
        var groups: String
        var mounts: String
        var files: [String: String] = [:]
        var quota: Double?
    }

    private static let second = "31 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate"
    private static let first = """
        22 28 0:21 / /sys rw,nosuid shared:7 - sysfs sysfs rw
        33 32 0:30 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:15 - cgroup cgroup rw,cpu,cpuacct
        34 32 0:31 / /sys/fs/cgroup/cpuset rw,nosuid shared:16 - cgroup cgroup rw,cpuset
        """

    static let places = [
        Place(
            testDescription: "a quota of the process's own group", groups: "0::/user.slice/a\n", mounts: Self.second,
            files: ["/sys/fs/cgroup/user.slice/a/cpu.max": "150000 100000\n"], quota: 1.5),
        Place(
            testDescription: "the least quota on the way to the root", groups: "0::/a/b/c\n", mounts: Self.second,
            files: [
                "/sys/fs/cgroup/a/b/c/cpu.max": "400000 100000\n", "/sys/fs/cgroup/a/b/cpu.max": "max 100000\n",
                "/sys/fs/cgroup/a/cpu.max": "125000 50000\n",
            ], quota: 2.5),
        Place(
            testDescription: "a container with a namespace of its own", groups: "0::/\n", mounts: Self.second,
            files: ["/sys/fs/cgroup/cpu.max": "200000 100000\n"], quota: 2),
        Place(
            testDescription: "a container without one", groups: "0::/docker/abc\n",
            mounts: "31 23 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw",
            files: [
                "/sys/fs/cgroup/cpu.max": "50000 100000\n", "/sys/fs/cgroup/docker/abc/cpu.max": "900000 100000",
            ], quota: 0.5),
        Place(
            testDescription: "a group beyond what is mounted", groups: "0::/../other\n",
            mounts: "31 23 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw",
            files: ["/sys/fs/cgroup/cpu.max": "300000 100000\n"], quota: 3),
        Place(
            testDescription: "no quota", groups: "0::/a\n", mounts: Self.second,
            files: ["/sys/fs/cgroup/a/cpu.max": "max 100000\n"]),
        Place(testDescription: "no files", groups: "0::/a\n", mounts: Self.second),
        Place(
            testDescription: "no groups", groups: "", mounts: Self.second,
            files: ["/sys/fs/cgroup/cpu.max": "100000 100000"]),
        Place(
            testDescription: "version 1", groups: "5:cpuset:/c\n4:cpu,cpuacct:/kube/pod\n0::/\n", mounts: Self.first,
            files: [
                "/sys/fs/cgroup/cpu,cpuacct/kube/pod/cpu.cfs_quota_us": "-1\n",
                "/sys/fs/cgroup/cpu,cpuacct/kube/pod/cpu.cfs_period_us": "100000\n",
                "/sys/fs/cgroup/cpu,cpuacct/kube/cpu.cfs_quota_us": "600000\n",
                "/sys/fs/cgroup/cpu,cpuacct/kube/cpu.cfs_period_us": "200000\n",
                "/sys/fs/cgroup/cpuset/c/cpu.cfs_quota_us": "1000\n",
                "/sys/fs/cgroup/cpuset/c/cpu.cfs_period_us": "100000\n",
            ], quota: 3),
        Place(
            testDescription: "both versions", groups: "4:cpu:/a\n0::/b\n",
            mounts: "33 32 0:30 / /v1 rw - cgroup cgroup rw,cpu\n31 23 0:26 / /v2 rw - cgroup2 cgroup2 rw",
            files: [
                "/v1/a/cpu.cfs_quota_us": "400000", "/v1/a/cpu.cfs_period_us": "100000",
                "/v2/b/cpu.max": "700000 100000",
            ], quota: 4),
        Place(
            testDescription: "a blank in a path", groups: "0::/a b\n",
            mounts: #"31 23 0:26 / /my\040groups rw shared:1 master:2 - cgroup2 cgroup2 rw"#,
            files: ["/my groups/a b/cpu.max": "100000 100000"], quota: 1),
        Place(
            testDescription: "nonsense", groups: "0::/a\nx\n::\n",
            mounts: "\n- -\n31 23 0:26 / /v2 rw - cgroup2\n\(Self.second)",
            files: ["/sys/fs/cgroup/a/cpu.max": "many 0 -3"]),
    ]

    @Test(arguments: Self.places)
    func theLeastQuotaOfAllGroupsCounts(place: Place) {
        let groups = ControlGroups(groups: place.groups, mounts: place.mounts)
        #expect(groups.quota { place.files[$0] } == place.quota)
        // The group that is named has that quota.
        let limit = groups.limit { place.files[$0] }
        #expect(limit?.quota == place.quota)
        #expect(limit == nil || place.files.keys.contains { $0.hasPrefix(limit!.path + "/cpu.") })
    }

    @Test(
        arguments: [
            (8, nil, nil, 8), (8, 3, nil, 3), (8, nil, 2.0, 2), (8, 3, 2.9, 2.9), (8, 1, 6.0, 1), (8, nil, 0.1, 0.1),
            (2, 8, 64.0, 2), (1, 1, 1e30, 1), (-1, nil, nil, 1),
        ] as [(Int, Int?, Double?, Double)])
    func noMoreThreadsThanCanRun(processors: Int, affinity: Int?, quota: Double?, share: Double) {
        let found = AvailableCores.share(processors: processors, affinity: affinity, quota: quota)
        #expect(found == share)
        // A part of a processor keeps no thread busy.
        #expect(AvailableCores.count(of: found) == max(1, Int(share)))
    }

    @Test(
        arguments: [
            ("Name:\tx\nCpus_allowed:\tf\nCpus_allowed_list:\t0-3\nMems_allowed_list:\t0\n", 4),
            ("Cpus_allowed_list:\t5\n", 1), ("Cpus_allowed_list:\t0-1,4,8-15\n", 11), ("Cpus_allowed_list:\t\n", nil),
            ("Cpus_allowed_list:\t3-1\n", nil), ("Cpus_allowed_list:\ta-b\n", nil), ("Name:\tx\n", nil), ("", nil),
        ] as [(String, Int?)])
    func processorsThatAreAllowedAreCounted(status: String, count: Int?) {
        #expect(AvailableCores.affinity(ofStatus: status) == count)
    }

    @Test func whoCompetesForTheSameProcessorsHasTheSameSet() {
        func set(_ boot: String = "1", _ list: String = "0-3", _ group: String? = nil) -> String? {
            AvailableCores.set(boot: boot, status: "Name:\tx\nCpus_allowed_list:\t\(list)\n", group: group)
        }
        let all = [set(), set("2"), set("1", "0-1"), set("1", "0-3", "a"), set("1", "0-3", "b")]
        #expect(Set(all).count == all.count && !all.contains(nil))
        #expect(set("1", "0-3", "a") == set("1", "0-3", "a"))
        #expect(set("") == nil && AvailableCores.set(boot: "1", status: "Name:\tx\n", group: nil) == nil)
    }

    @Test func thisMachineHasSome() {
        #expect((1...4096).contains(AvailableCores.count))
        #expect(AvailableCores.set == AvailableCores.set && !AvailableCores.set.isEmpty)
    }
}
