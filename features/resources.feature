Feature: Resources
  What the deployment asks of a machine is stated, bounded and enough.

  @static
  Rule: What the chart renders

    A small machine has 2 CPUs and 2 GiB, the bigger one of production-like values 4 of each. The cluster itself has 1 CPU and 512 MiB of that.

    @REQ-SCA-04
    Scenario Outline: All pods that a values file may run at once fit a machine
      Given the chart with the values file "<values>"
      Then all pods that it may run at once request at most "<cpu>" CPU and "<memory>" of memory

      Examples:
        | values               | cpus | cpu | memory |
        | values.yaml          | 2    | 1   | 1536Mi |
        | values-dev.yaml      | 2    | 1   | 1536Mi |
        | values-ci.yaml       | 2    | 1   | 1536Mi |
        | values-prodlike.yaml | 4    | 3   | 3584Mi |

  @disruptive
  Rule: What the cluster holds

    @REQ-SCA-04
    Scenario: The release runs within a small machine, and running out of memory is told
      Given a namespace of its own, whose pods may request "1" CPU and "1536Mi" of memory together
      And the chart is installed there with "backend.logLevel" set to "warning"
      Then its pods request what they may of it, and no pod that asks for the rest and more is let in
      And the cluster itself requests at most "1" CPU and "512Mi" of memory of a node that runs it all
      When every "backend" container uses up its memory, is killed for it, and runs anew within 2 minutes
      Then every "backend" container ended because of "OOMKilled"
      And every workload is rolled out with no old pod left within 1 minute
      When the release is upgraded with these values, and fails within 3 minutes: "was killed for using more memory than its limit (OOMKilled)"
        | path                              | value |
        | backend.resources.requests.memory | 16Mi  |
        | backend.resources.limits.memory   | 32Mi  |
