@static
Feature: Posture
  What the chart renders is bounded, probed, restricted, isolated and local, whichever values file it is given, and nothing stands where
  it does not belong. No annotation silences a rule, and a chart that can be given every bad value shows that each rule notices its own.

  Rule: The chart

    @REQ-SEC-07
    Scenario: Every values file renders a sound posture
      Given the chart with each of its values files, and also with each of these values besides
        | path                         | value     |
        | database.existingSecret      | of-my-own |
        | frontend.autoscaling.enabled | true      |
        | backend.autoscaling.enabled  | true      |
        | backup.enabled               | false     |
        | backup.existingClaim         | of-my-own |
        | restore.archive              | a.dump    |
        | ingress.enabled              | false     |
        | disruptionBudget.enabled     | false     |
        | monitoring.enabled           | true      |
        | database.persistence.retain  | false     |
      Then what it renders keeps every rule
      And each container of these tiers is restarted for another reason than it is relieved of requests
        | tier     |
        | backend  |
        | database |

    @REQ-LOC-01
    Scenario: No values file asks for what only a cloud has
      Given the chart with each of its values files, and also with each of these values besides
        | path                         | value |
        | frontend.autoscaling.enabled | true  |
        | backup.enabled               | false |
        | monitoring.enabled           | true  |
      Then what it renders keeps every rule on locality

    @REQ-SEC-07
    Scenario: A misspelt value cannot leave a protection unset
      Given the chart
      Then its schema describes every value, and takes no other
      And an unknown value is refused in every object of its values

  Rule: The rules

    @REQ-SEC-07 @REQ-LOC-01
    Scenario: Every rule is broken by a bad value of its own
      Given the chart in "steps/projects/careless"
      Then it keeps every rule, and each of these values breaks the rule beside it and no other
        | rule                   | path                                                 | says                                        | value |
        | requests-and-limits    | container.resources.limits                           | web of Deployment web has no                | null |
        | requests-and-limits    | preparation.resources.requests.cpu                   | preparation of Deployment web has no cpu    | null |
        | requests-and-limits    | task.resources                                       | task of Job task has no                     | null |
        | requests-and-limits    | nightly.resources.limits.memory                      | nightly of CronJob nightly has no memory    | null |
        | requests-within-limits | container.resources.requests.cpu                     | requests 2 of cpu, above its limit          | 2 |
        | near-limits            | container.resources.limits.cpu                       | may take 1 of cpu, more than 50 times       | 1 |
        | near-limits            | nightly.resources.limits.memory                      | may take 1Gi of memory, more than 8 times   | 1Gi |
        | bounded-scratch-space  | pod.volumes                                          | volume tmp of Deployment web                | [{name: tmp, emptyDir: {}}] |
        | readiness-probe        | container.readinessProbe                             | has ports but no readinessProbe             | null |
        | liveness-probe         | container.livenessProbe                              | has ports but no livenessProbe              | null |
        | startup-probe          | container.startupProbe                               | has ports but no startupProbe               | null |
        | patient-liveness       | container.livenessProbe.failureThreshold             | is restarted after 10 s                     | 1 |
        | prompt-probes          | container.livenessProbe.failureThreshold             | the livenessProbe of container web          | 31 |
        | telling-probes         | container.readinessProbe                             | asks only whether a port is open            | {httpGet: null, tcpSocket: {port: http}, periodSeconds: 5, failureThreshold: 2} |
        | telling-probes         | container.livenessProbe                              | runs sh -c true, which always ends well     | {httpGet: null, exec: {command: [sh, -c, "true"]}, periodSeconds: 10, failureThreshold: 3} |
        | privileged             | container.securityContext.privileged                 | web of Deployment web is privileged         | true |
        | host-namespaces        | pod.hostNetwork                                      | have hostNetwork                            | true |
        | host-namespaces        | pod.hostPID                                          | have hostPID                                | true |
        | host-namespaces        | pod.hostIPC                                          | have hostIPC                                | true |
        | host-process           | pod.securityContext.windowsOptions                   | is a hostProcess                            | {hostProcess: true} |
        | process-namespace      | pod.shareProcessNamespace                            | see each other's processes                  | true |
        | service-links          | pod.enableServiceLinks                               | have a variable for each Service            | null |
        | time-to-end            | pod.terminationGracePeriodSeconds                    | are killed at once                          | 0 |
        | volume-types           | pod.volumes                                          | is a hostPath                               | [{name: node, hostPath: {path: /}}] |
        | host-port              | container.ports                                      | takes the node's port 80                    | [{name: http, containerPort: 8080, hostPort: 80}] |
        | probe-host             | container.livenessProbe.httpGet.host                 | asks the host shop.example                  | shop.example |
        | probe-host             | container.lifecycle                                  | in its lifecycle.preStop                    | {preStop: {httpGet: {host: shop.example, port: 80}}} |
        | added-capabilities     | container.securityContext.capabilities.add           | is given the capabilities NET_ADMIN         | [NET_ADMIN] |
        | dropped-capabilities   | task.securityContext.capabilities.drop               | keeps the runtime's capabilities            | [NET_RAW] |
        | privilege-escalation   | preparation.securityContext.allowPrivilegeEscalation | may gain rights                             | null |
        | non-root               | nightly.securityContext.runAsNonRoot                 | nightly of CronJob nightly may run as root  | false |
        | root-user              | pod.securityContext.runAsUser                        | the user of the pods of Deployment web is 0 | 0 |
        | root-user              | container.securityContext.runAsUser                  | the user of container web                   | 0 |
        | root-group             | pod.securityContext.fsGroup                          | the group of the pods of Deployment web is 0 | 0 |
        | root-group             | container.securityContext.runAsGroup                 | the group of container web                  | 0 |
        | root-group             | pod.securityContext.supplementalGroups               | the group of the pods of Job task is 0      | [1, 0] |
        | seccomp                | pod.securityContext.seccompProfile                   | has the seccomp profile None                | null |
        | seccomp                | container.securityContext.seccompProfile             | has the seccomp profile Unconfined          | {type: Unconfined} |
        | apparmor               | container.securityContext.appArmorProfile            | the AppArmor profile of container web       | {type: Unconfined} |
        | selinux                | pod.securityContext.seLinuxOptions                   | the SELinux context of the pods of Job task | {type: spc_t} |
        | proc-mount             | container.securityContext.procMount                  | has its /proc unmasked                      | Unmasked |
        | sysctls                | pod.securityContext.sysctls                          | set the kernel's net.ipv4.tcp_syncookies    | [{name: net.ipv4.tcp_syncookies, value: "0"}] |
        | read-only-root         | preparation.securityContext.readOnlyRootFilesystem   | can write to its image                      | false |
        | own-service-account    | pod.serviceAccountName                               | have the ServiceAccount default             | default |
        | own-service-account    | pod.serviceAccountName                               | have the ServiceAccount somebody            | somebody |
        | no-token               | pod.automountServiceAccountToken                     | are given a token                           | null |
        | no-token               | pod.volumes                                          | holds a token of the API server             | [{name: token, projected: {sources: [{serviceAccountToken: {path: token}}]}}] |
        | no-wildcard            | role                                                 | grants all verbs                            | [{apiGroups: [""], resources: [configmaps], verbs: ["*"]}] |
        | no-secret-reading      | role                                                 | grants to list Secrets                      | [{apiGroups: [""], resources: [secrets], verbs: [list]}] |
        | no-secret-reading      | role                                                 | grants to get Secrets                       | [{apiGroups: [""], resources: [secrets], verbs: [get]}] |
        | no-escalation          | role                                                 | grants pods/exec                            | [{apiGroups: [""], resources: [pods/exec], verbs: [create]}] |
        | no-escalation          | role                                                 | grants impersonate                          | [{apiGroups: [""], resources: [users], verbs: [impersonate]}] |
        | namespaced-rights      | roleRef.kind                                         | RoleBinding web grants the ClusterRole      | ClusterRole |
        | namespaced-rights      | bound                                                | ClusterRoleBinding web grants               | ClusterRoleBinding |
        | no-plain-secret        | container.env                                        | a secret in its variable DATABASE_PASSWORD  | [{name: DATABASE_PASSWORD, value: hunter2}] |
        | no-plain-secret        | container.env                                        | a secret in its variable DATABASE           | [{name: DATABASE, value: "postgres://web:hunter2@database/web"}] |
        | no-plain-secret        | settings.apiKey                                      | ConfigMap web has a secret in its key       | hunter2 |
        | secrets-are-files      | container.env                                        | a Secret in its variable PASSWORD           | [{name: PASSWORD, valueFrom: {secretKeyRef: {name: web, key: password}}}] |
        | secrets-are-files      | container.envFrom                                    | a Secret in its variable web.*              | [{secretRef: {name: web}}] |
        | secret-mode            | pod.volumes                                          | shows a Secret to everybody, by its mode 0644 | [{name: web, secret: {secretName: web}}] |
        | secret-mode            | pod.volumes                                          | by its mode 0444                            | [{name: web, secret: {secretName: web, defaultMode: 288, items: [{key: a, path: a, mode: 292}]}}] |
        | secret-mode            | pod.volumes                                          | by its mode 0444                            | [{name: web, projected: {defaultMode: 292, sources: [{secret: {name: web}}]}}] |
        | exact-image            | container.image                                      | runs web, which names no version            | web |
        | exact-image            | task.image                                           | runs web:latest, which                      | web:latest |
        | exact-image            | nightly.image                                        | which names no version                      | registry.example:5000/web:stable |
        | no-pull-always         | container.imagePullPolicy                            | pulls its image at every start              | Always |
        | common-labels          | labels                                               | ConfigMap web has no label app.kubernetes.io/name | null |
        | exact-budget           | budget.selector.matchLabels.app                      | PodDisruptionBudget web is for no pods      | wed |
        | exact-budget           | budget.selector.matchLabels.part                     | selects by less than Deployment web, without part | null |
        | exact-budget           | budget.selector                                      | is for the pods of Deployment web and CronJob nightly and Job task | {matchLabels: null, matchExpressions: [{key: app, operator: Exists}]} |
        | useful-budget          | budget.maxUnavailable                                | lets all pods be evicted at once            | 100% |
        | useful-budget          | budget.maxUnavailable                                | lets no pod be evicted                      | 0 |
        | own-spread             | spread                                               | does not count its own pods                 | [{topologyKey: host, labelSelector: {matchLabels: {app: wed}}}] |
        | own-spread             | spread                                               | counts other pods too, without part         | [{topologyKey: host, labelSelector: {matchLabels: {app: web}}}] |
        | scaled-workload        | scaled.name                                          | scales Deployment wed, which there is not   | wed |
        | rolling-update         | strategy.type                                        | Deployment web ends all its pods before an update | Recreate |
        | kept-job               | taskStays                                            | Job task is removed 0 s after its end       | 0 |
        | isolated-ingress       | policy.policyTypes                                   | no NetworkPolicy of Ingress selects         | [Egress] |
        | isolated-egress        | policy.policyTypes                                   | no NetworkPolicy of Egress selects          | [Ingress] |
        | isolated-egress        | policy.policyTypes                                   | no NetworkPolicy of Egress selects          | null |
        | named-peers            | policy.ingress                                       | has a rule of ingress that names nobody     | [{}] |
        | named-peers            | policy.egress                                        | has a rule of egress that names nobody      | [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}] |
        | named-ports            | service.ports                                        | a port 80 without a name                    | [{port: 80, targetPort: http}] |
        | served-ports           | service.ports                                        | leads its port 80 to 9090                   | [{name: http, port: 80, targetPort: 9090}] |
        | served-ports           | service.selector                                     | leads its port 80 to http                   | {app: wed} |
        | exact-selector         | service.selector.part                                | selects by less than Deployment web         | null |
        | plain-service          | service.sessionAffinity                              | has sessionAffinity ClientIP                | ClientIP |
        | plain-service          | service.internalTrafficPolicy                        | has internalTrafficPolicy Local             | Local |
        | ready-endpoints        | service.publishNotReadyAddresses                     | Service web leads to pods that are not ready | true |
        | cluster-ip             | service.type                                         | is of type LoadBalancer                     | LoadBalancer |
        | cluster-ip             | service.type                                         | is of type NodePort                         | NodePort |
        | cluster-ip             | service.externalIPs                                  | has externalIPs                             | [192.0.2.1] |
        | no-cloud-storage-class | claim.storageClassName                               | the storage class gp3 of a cloud            | gp3 |
        | no-cloud-storage-class | claim.storageClassName                               | the storage class azurefile-premium         | azurefile-premium |
        | no-cloud-storage       | provisioner                                          | the provisioner ebs.csi.aws.com of a cloud  | ebs.csi.aws.com |
        | no-cloud-storage       | pod.volumes                                          | the driver pd.csi.storage.gke.io of a cloud | [{name: disk, csi: {driver: pd.csi.storage.gke.io}}] |
        | no-cloud-annotation    | annotations                                          | which only a cloud reads                    | {service.beta.kubernetes.io/aws-load-balancer-type: nlb} |
        | no-cloud-annotation    | annotations                                          | one of its annotations is cloud.google.com  | {cloud.google.com/neg: auto} |
        | no-cloud-api           | api                                                  | Order web is of the API networking.gke.io   | networking.gke.io/v1 |
        | no-cloud-node          | pod.nodeSelector                                     | ask for nodes by eks.amazonaws.com          | {eks.amazonaws.com/nodegroup: big} |
        | no-cloud-node          | pod.tolerations                                      | ask for nodes by kubernetes.azure.com       | [{key: kubernetes.azure.com/scalesetpriority}] |
        | no-cloud-registry      | container.image                                      | a cloud's registry                          | 123456789012.dkr.ecr.eu-west-1.amazonaws.com/web:1.0 |
        | no-cloud-registry      | nightly.image                                        | a cloud's registry                          | europe-docker.pkg.dev/shop/web:1.0 |
        | no-cloud-ingress       | ingress.ingressClassName                             | is for alb, a cloud's controller            | alb |

    @REQ-SEC-07
    Scenario: What is meant to be is said in the feature, for one object and with its reason
      Given the chart in "steps/projects/careless"
      And the chart with each of its values files, and also with each of these values besides
        | path         | value       |
        | roleRef.kind | ClusterRole |
      Then what it renders keeps every rule but for these
        | rule              | of              | because                       |
        | namespaced-rights | RoleBinding web | the shop reads its own rights |

    @REQ-SEC-07
    Scenario: A schema that is not strict is known for it
      Given the chart in "steps/projects/careless"
      Then its schema is open at these places and no other
        | place           |
        | service         |
        | pod             |
        | spread.*        |
        | budget          |
        | scaled          |
        | container       |
        | container.image |
        | preparation     |
        | task.*          |
        | nightly         |
        | policy          |
        | claim           |
        | role.*          |
        | roleRef.name    |

  @REQ-SEC-08
  Rule: The layers

    Scenario: The application knows nothing of what runs it
      A pod's name is a variable that the application may be given, and which its health answers repeat.

      Then no file below "app" says any of these words, which those of the places beside them do say
        | word       | place  | except in |
        | docker     | docker |           |
        | dockerfile | docker |           |
        | container  | charts |           |
        | kubernetes | charts |           |
        | kubectl    | charts |           |
        | kubelet    | charts |           |
        | helm       | charts |           |
        | cluster    | charts |           |
        | namespace  | charts |           |
        | ingress    | charts |           |
        | minikube   | deploy |           |
        | pod        | charts | **/healthz/**, **/app.py, **/health.py, **/schemas.py, **/settings.py, **/README.md, app/*/tests/** |

    Scenario: Images know nothing of where they run
      Then no file below "docker" says any of these words, which those of the places beside them do say
        | word       | place  |
        | kubernetes | charts |
        | kubectl    | charts |
        | helm       | charts |
        | pod        | charts |
        | cluster    | charts |
        | namespace  | charts |
        | minikube   | deploy |

    Scenario: The chart builds nothing, and the cluster knows nothing of the application
      Then no file below "charts" says any of these words, which those of the places beside them do say
        | word       | place  |
        | dockerfile | docker |
        | npm        | docker |
        | pip        | docker |
        | minikube   | deploy |
      And no file below "deploy" says any of these words, which those of the places beside them do say
        | word | place  |
        | todo | charts |

    Scenario: The harness knows nothing of the application
      Then no file below "src" says any of these words, which those of the places beside them do say
        | word | place |
        | todo | steps |

    Scenario: Every manifest of the application is the chart's
      Given the chart
      Then no manifest of the application stands outside "charts, mutants"
