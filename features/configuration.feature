Feature: Configuration
  What the values say is what runs. Each values file is installed and looked at, and a change of the configuration reaches the
  running application.

  @static @REQ-DUR-05
  Scenario: A backup tells soon that it cannot reach the database
    Long before its Job's own end, after which nobody could say why.

    Given the chart with these values
      | path           | value |
      | backup.suspend | false |
    Then the CronJob "${RELEASE}-backup" that it renders has "spec.jobTemplate.spec.activeDeadlineSeconds" equal to 900
    And the CronJob "${RELEASE}-backup" that it renders has "spec.jobTemplate.spec.template.spec.containers[name=backup].env[name=PGCONNECT_TIMEOUT].value" equal to "10"

  @cluster @REQ-CFG-01
  Rule: Each values file does what it says
    A release is installed with each of the files for a laptop, for an ephemeral cluster of tests, and for as near to production as
    a local cluster gets. The living documentation compares them, behaviour by behaviour.

    Scenario: The values files differ in these values and in no others
      Then the releases of these values files differ in just these values
        | value                              | values-dev.yaml | values-ci.yaml | values-prodlike.yaml |
        | frontend.replicas                  | 1               | 1              | 2                    |
        | frontend.resources.requests.cpu    | 25m             | 25m            | 100m                 |
        | frontend.resources.requests.memory | 80Mi            | 80Mi           | 128Mi                |
        | frontend.resources.limits.cpu      | "1"             | "1"            | "2"                  |
        | frontend.resources.limits.memory   | 256Mi           | 256Mi          | 512Mi                |
        | frontend.autoscaling.enabled       | false           | false          | true                 |
        | frontend.autoscaling.maxReplicas   | 4               | 4              | 5                    |
        | backend.replicas                   | 1               | 2              | 2                    |
        | backend.logLevel                   | debug           | info           | info                 |
        | backend.resources.requests.cpu     | 50m             | 50m            | 100m                 |
        | backend.resources.requests.memory  | 96Mi            | 96Mi           | 128Mi                |
        | backend.resources.limits.cpu       | "1"             | "1"            | "2"                  |
        | backend.resources.limits.memory    | 256Mi           | 256Mi          | 512Mi                |
        | backend.autoscaling.enabled        | false           | false          | true                 |
        | backend.autoscaling.maxReplicas    | 4               | 4              | 5                    |
        | database.existingSecret            | ""              | ""             | todo-passwords       |
        | database.persistence.size          | 1Gi             | 256Mi          | 5Gi                  |
        | database.resources.requests.cpu    | 50m             | 50m            | 100m                 |
        | database.resources.requests.memory | 96Mi            | 96Mi           | 256Mi                |
        | database.resources.limits.cpu      | "1"             | "1"            | "2"                  |
        | database.resources.limits.memory   | 256Mi           | 256Mi          | 1Gi                  |
        | monitoring.enabled                 | false           | false          | true                 |
        | spread.required                    | false           | false          | true                 |
        | migration.backoffLimit             | 3               | 1              | 3                    |
        | backup.suspend                     | true            | true           | false                |
        | backup.keep                        | 7               | 7              | 14                   |
        | backup.size                        | 1Gi             | 256Mi          | 5Gi                  |
        | probes.startup.periodSeconds       | 2               | 1              | 2                    |
        | probes.startup.failureThreshold    | 60              | 120            | 60                   |
        | probes.readiness.periodSeconds     | 5               | 1              | 5                    |
        | probes.liveness.periodSeconds      | 10              | 2              | 10                   |
        | probes.liveness.failureThreshold   | 3               | 5              | 3                    |
        | termination.drainSeconds           | 5               | 3              | 10                   |
        | termination.gracePeriodSeconds     | 30              | 20             | 60                   |

    Scenario Outline: What a person adds is stored
      Given the chart is installed with the values file "<values>"
      When a todo "Added to ${NAMESPACE}" is created through the Ingress
      Then the Ingress lists the todo "Added to ${NAMESPACE}"
      And the database holds the todo "Added to ${NAMESPACE}"
      And no container has restarted

      Examples:
        | values               |
        | values-dev.yaml      |
        | values-ci.yaml       |
        | values-prodlike.yaml |

    Scenario Outline: Each tier has its pods, all of which are ready
      Given the chart is installed with the values file "<values>"
      Then the "frontend" tier has <frontend> ready pods
      And the "backend" tier has <backend> ready pods
      And the "database" tier has 1 ready pod
      And every workload is rolled out with no old pod left
      And the Service "${RELEASE}-backend" has <backend> endpoints
      And the Service "${RELEASE}-frontend" has <frontend> endpoints

      Examples:
        | values               | frontend | backend |
        | values-dev.yaml      | 1        | 1       |
        | values-ci.yaml       | 1        | 2       |
        | values-prodlike.yaml | 2        | 2       |

    Scenario Outline: Tiers are scaled by their load, or not at all
      Given the chart is installed with the values file "<values>"
      Then the release has <autoscalers> HorizontalPodAutoscaler objects
      And the release has 2 PodDisruptionBudget objects

      Examples:
        | values               | autoscalers |
        | values-dev.yaml      | 0           |
        | values-ci.yaml       | 0           |
        | values-prodlike.yaml | 2           |

    Scenario Outline: The kernel grants the <tier> as much as the values do
      Given the chart is installed with the values file "<values>"
      Then the kernel grants every "<tier>" container "<memory>" of memory and "<cpu>" processors

      Examples:
        | values               | tier     | memory | cpu |
        | values-dev.yaml      | frontend | 256Mi  | 1   |
        | values-ci.yaml       | frontend | 256Mi  | 1   |
        | values-prodlike.yaml | frontend | 512Mi  | 2   |
        | values-dev.yaml      | backend  | 256Mi  | 1   |
        | values-ci.yaml       | backend  | 256Mi  | 1   |
        | values-prodlike.yaml | backend  | 512Mi  | 2   |

    Scenario Outline: The backend logs as much as it is told to
      Given the chart is installed with the values file "<values>"
      Then the least serious line of the "backend" pods has the level "<level>"

      Examples:
        | values               | level |
        | values-dev.yaml      | debug |
        | values-ci.yaml       | info  |
        | values-prodlike.yaml | info  |

    Scenario Outline: Database and backups have their room
      Given the chart is installed with the values file "<values>"
      Then the PersistentVolumeClaim "data-${RELEASE}-database-0" has "spec.resources.requests.storage" equal to "<size>"
      And the claim of the "database" was given at least "<size>"
      And "/var/lib/postgresql/data" in the "database" pod lies on its claim
      And the PersistentVolumeClaim "${RELEASE}-backup" has "spec.resources.requests.storage" equal to "<size>"
      And the claim "${RELEASE}-backup" is bound

      Examples:
        | values               | size  |
        | values-dev.yaml      | 1Gi   |
        | values-ci.yaml       | 256Mi |
        | values-prodlike.yaml | 5Gi   |

    Scenario Outline: Backups are scheduled for every night, or left to people
      Given the chart is installed with the values file "<values>"
      Then the CronJob "${RELEASE}-backup" has these fields
        | path                                                                                        | value       |
        | spec.suspend                                                                                | <suspended> |
        | spec.schedule                                                                               | "0 3 * * *" |
        | spec.jobTemplate.spec.template.spec.containers[name=backup].env[name=KEEP].value            | "<kept>"    |

      Examples:
        | values               | suspended | kept |
        | values-dev.yaml      | true      | 7    |
        | values-ci.yaml       | true      | 7    |
        | values-prodlike.yaml | false     | 14   |

    Scenario Outline: The <tier> is asked as often, and has as long to end, as the values say
      Given the chart is installed with the values file "<values>"
      Then the Deployment "${RELEASE}-<tier>" has these fields
        | path                                                                       | value       |
        | spec.template.spec.containers[name=<tier>].startupProbe.periodSeconds      | <starting>  |
        | spec.template.spec.containers[name=<tier>].startupProbe.failureThreshold   | <starts>    |
        | spec.template.spec.containers[name=<tier>].readinessProbe.periodSeconds    | <readiness> |
        | spec.template.spec.containers[name=<tier>].livenessProbe.periodSeconds     | <liveness>  |
        | spec.template.spec.containers[name=<tier>].livenessProbe.failureThreshold  | <lives>     |
        | spec.template.spec.terminationGracePeriodSeconds                           | <grace>     |
      And the ConfigMap "${RELEASE}-<tier>" has "data.DRAIN_SECONDS" equal to "<drain>"

      Examples:
        | values               | tier     | starting | starts | readiness | liveness | lives | drain | grace |
        | values-dev.yaml      | backend  | 2        | 60     | 5         | 10       | 3     | 5     | 30    |
        | values-ci.yaml       | backend  | 1        | 120    | 1         | 2        | 5     | 3     | 20    |
        | values-prodlike.yaml | backend  | 2        | 60     | 5         | 10       | 3     | 10    | 60    |
        | values-dev.yaml      | frontend | 2        | 60     | 5         | 10       | 3     | 5     | 30    |
        | values-ci.yaml       | frontend | 1        | 120    | 1         | 2        | 5     | 3     | 20    |
        | values-prodlike.yaml | frontend | 2        | 60     | 5         | 10       | 3     | 10    | 60    |

    Scenario Outline: A migration may be tried again as often as the values say
      Given the chart is installed with the values file "<values>"
      Then the Job "${RELEASE}-migration-1" has "spec.backoffLimit" equal to <times>
      And the "migration" Job has completed

      Examples:
        | values               | times |
        | values-dev.yaml      | 3     |
        | values-ci.yaml       | 1     |
        | values-prodlike.yaml | 3     |

    Scenario Outline: Passwords come from the Secret that the values name, or that the chart makes
      Given the chart is installed with the values file "<values>"
      Then the Secret "<secret>" is mounted read-only at "/run/secrets/database" in every "backend" pod
      And the Secret "<secret>" has the keys "password, admin-password"
      And no value of the Secret "<secret>" stands in the environment of a "backend" container
      And the release has <made> Secret object

      Examples:
        | values               | secret              | made |
        | values-dev.yaml      | ${RELEASE}-database | 1    |
        | values-ci.yaml       | ${RELEASE}-database | 1    |
        | values-prodlike.yaml | todo-passwords      | 0    |

    Scenario: Like production the tiers are scaled by what is measured of them
      Given the chart is installed with the values file "values-prodlike.yaml"
      Then the HorizontalPodAutoscaler "${RELEASE}-backend" has these fields
        | path             | value |
        | spec.minReplicas | 2     |
        | spec.maxReplicas | 5     |
      And the HorizontalPodAutoscaler "${RELEASE}-frontend" has these fields
        | path             | value |
        | spec.minReplicas | 2     |
        | spec.maxReplicas | 5     |
      And the HorizontalPodAutoscaler "${RELEASE}-backend" has "status.conditions[type=ScalingActive].status" equal to "True" within 3 minutes
      And the HorizontalPodAutoscaler "${RELEASE}-frontend" has "status.conditions[type=ScalingActive].status" equal to "True" within 3 minutes

  @disruptive @REQ-CFG-02
  Rule: A change of the configuration reaches the running application
    The pods that read it are replaced, and no others; how a Secret whose content changes reaches pods that stay is told in
    secrets.feature.

    Scenario: A changed ConfigMap reaches the pods that read it
      Given the chart is installed in a namespace of its own
      And writes go on all the while, 20 of them acknowledged each way
      And all pods as they are now
      When the release is upgraded with "backup.keep" set to 3, and ready within 3 minutes
      Then no pod has been replaced since then
      When the release is upgraded with "backend.logLevel" set to "debug", and ready within 3 minutes
      Then just the "backend" pods have been replaced
      And every "backend" container has the variables of the ConfigMap "${RELEASE}-backend"
      And every "backend" container has the environment variable "LOG_LEVEL" set to "debug"
      And the least serious line of the "backend" pods has the level "debug" within 1 minute
      And every acknowledged write is stored, and nothing else

    Scenario: Another Secret reaches the pods that read it
      Given a namespace of its own, in whose Secret "passwords" each of the keys "password, admin-password" holds a canary
      And the chart is installed there with "database.existingSecret" set to "passwords"
      And the passwords of the Secret "passwords" open the database from a backend pod
      And all pods as they are now
      When a todo "Outlives its passwords" is created through the Ingress
      And another Secret "renewed" holds a random one for each of them
      And the release is upgraded with "database.existingSecret" set to "renewed", and ready within 3 minutes
      Then just the "backend, database" pods have been replaced
      And the Secret "renewed" is mounted read-only at "/run/secrets/database" in every "backend" pod
      And the new passwords open the database from a backend pod within 1 minute
      And the old passwords are refused there
      And the Ingress lists the todo "Outlives its passwords"
