Feature: Images
  The containers are built from Alpine, run as a user that is not root, and carry nothing that only their building needed.
  What counts is not what a Dockerfile says but what is in the layers, and not of some image but of the one that the pods run.

  @image
  Rule: Alpine

    @REQ-IMG-01
    Scenario: The images are built from Alpine
      Given the images that the project builds and those that its chart names
      Then the image "alpine:3.23" is one that its name is pinned to, and still gets security fixes
      And the layers of each start with those of "alpine:3.23"
      And each names Alpine 3.23 in its os-release
      And each has a filled apk database with "musl" and "alpine-baselayout"
      And each has the musl loader and no part of glibc
      And the program that each starts is loaded by musl

    @REQ-IMG-01
    Scenario: An image that is not Alpine is told from one that is
      Given the image "registry.k8s.io/metrics-server/metrics-server:v0.9.0"
      Then it is refused as an Alpine image because of "base-layers, os-release, apk-database, musl-loader"
      And it is refused in the place of "alpine:3.23"

  @image
  Rule: Contents
    An image answers for every layer above its base, also for what a later layer hides: whoever has the image has that too.

    @REQ-IMG-02
    Scenario: The project's images name a numeric user that is not root
      Given the images that the project builds
      Then each names a numeric user that is not root

    @REQ-IMG-03
    Scenario: The project's images hold no build tools and no caches
      Given the images that the project builds
      Then none holds compilers, headers or package managers
      And no layer of the project's own holds caches or repositories

    @REQ-SUP-01
    Scenario: Nothing in an image widens the attack surface
      Given the images that the project builds and those that its chart names
      Then none has a setuid or setgid file, in any layer
      And none has a path that everybody may write to, in any layer
      And none breaks a rule on contents, in any layer, but for these
        | image    | rule           | because                                                                                       |
        | postgres | non-root-user  | its entrypoint gives root up by itself; the chart names the user 70, and no process is root's |
        | postgres | no-headers     | upstream installs the headers of its libraries, and no compiler is there to use them          |
        | postgres | no-test-suites | upstream installs pg_regress with the makefiles for extensions                                |

    @REQ-SUP-02
    Scenario: No layer and no history holds a secret
      Given the images that the project builds and those that its chart names
      And an image on "alpine:3.23" with a canary planted in each of its places
      Then the search finds each of these canaries there, and secrets of every known shape
        | canary                             | place                                                                |
        | a file that a later layer deletes  | /srv/deleted in layer 2 of image planted, which a later layer hides  |
        | a file that a later layer replaces | /srv/replaced in layer 2 of image planted, which a later layer hides |
        | a build argument                   | the history of image planted, at RUN                                 |
        | an environment variable            | the history of image planted, at ENV                                 |
        | an environment variable            | the environment variable GIVEN_TO_ALL of image planted               |
        | a label                            | the history of image planted, at LABEL                               |
        | a label                            | the label given of image planted                                     |
      And it finds none in the images: nothing that their builds were given as a secret, and nothing of such a shape

    @REQ-SUP-03
    Scenario: The project's images are small, labelled, and started so that they can be told to stop
      Given the images that the project builds
      Then each, and each of its layers, keeps within these sizes
        | image    | in all | a layer |
        | backend  | 105 MB | 65 MB   |
        | frontend | 160 MB | 125 MB  |
      And each is labelled with its source, its revision, the chart's version and the time of its making

    @REQ-SUP-03
    Scenario: The images expose what the chart names, and start without a shell
      Given the images that the project builds and those that its chart names
      Then each exposes just the ports that the chart names for its containers
      And each starts its program without a shell before it

  @static
  Rule: What the Dockerfiles say

    @REQ-SUP-08
    Scenario: The Dockerfiles keep hadolint's rules, silence none and start from exact tags
      Given the Dockerfiles of the project's images and of the harness's probe
      Then hadolint finds nothing in them, with no rule silenced
      And each of them starts from images with exact tags

    @REQ-SUP-08
    Scenario: A bad Dockerfile is refused, though it tries to silence the rules
      Given the Dockerfile
        """
        # hadolint global ignore=DL3007,DL3064
        ARG BASE=alpine:latest
        FROM alpine:latest AS build
        ARG API_TOKEN
        FROM $BASE
        ENV DATABASE_PASSWORD=hunter2
        # hadolint ignore=DL3018
        RUN apk add curl
        ADD app.py /app/
        USER root
        CMD python3 /app/app.py
        """
      Then it is refused by the rules "DL3002, DL3007, DL3018, DL3019, DL3020, DL3025, DL3064, DL3066, no-ignores, exact-base"

  @cluster
  Rule: What the pods run

    @REQ-IMG-01
    Scenario: Every pod runs an Alpine image, and the project's own are those that were built
      Given the chart is installed
      And the images that its pods run
      Then the layers of each start with those of "alpine:3.23"
      And each names Alpine 3.23 in its os-release
      And each has a filled apk database with "musl" and "alpine-baselayout"
      And each has the musl loader and no part of glibc
      And the images that the project builds are among them, by their digests
      And each of them is an image that was inspected, by its digest

    @REQ-IMG-02
    Scenario: No process of a running container belongs to root
      Given the chart is installed
      Then every process of its containers belongs to a user that is not root

    @REQ-SUP-03
    Scenario: The first process of every container catches the signal to end
      Given the chart is installed
      When every container that runs is looked into
      Then the first process of each catches SIGTERM

  @disruptive
  Rule: What the pods do when they are told to end

    @REQ-SUP-03
    Scenario: Every container ends by itself when it is told to
      Given the chart is installed where faults strike
      When every pod is told to end, and others are ready within 3 minutes
      Then every container ended by itself, with a quarter of its time to spare
