Feature: Images
  The containers are built from Alpine, run as a user that is not root, and carry nothing that only their building needed.
  What counts is not what a Dockerfile says but what is in the layers, and not of some image but of the one that the pods run.

  @image
  Rule: What the project builds

    @REQ-IMG-01
    Scenario: The project's images are built from Alpine
      Given the images that the project builds
      Then the layers of each start with those of "alpine:3.23"
      And each names Alpine in its os-release
      And each has a filled apk database with "musl" and "alpine-baselayout"
      And each has the musl loader and no part of glibc
      And the program that each starts is loaded by musl

    @REQ-IMG-02
    Scenario: The project's images name a numeric user that is not root
      Given the images that the project builds
      Then each names a numeric user that is not root
      And none has a setuid or setgid file

    @REQ-IMG-03
    Scenario: The project's images hold no build tools and no caches
      Given the images that the project builds
      Then none holds compilers, headers or package managers
      And no layer of the project's own holds caches or repositories

    @REQ-IMG-01
    Scenario: An image that is not Alpine is told from one that is
      Given the image "registry.k8s.io/metrics-server/metrics-server:v0.9.0"
      Then it is refused as an Alpine image because of "base-layers, os-release, apk-database, musl-loader"

  @cluster
  Rule: What the pods run

    @REQ-IMG-01
    Scenario: Every pod runs an Alpine image, and the project's own are those that were built
      Given the chart is installed
      And the images that its pods run
      Then the layers of each start with those of "alpine:3.23"
      And each names Alpine in its os-release
      And each has a filled apk database with "musl" and "alpine-baselayout"
      And each has the musl loader and no part of glibc
      And the images that the project builds are among them, by their digests

    @REQ-IMG-02
    Scenario: No process of a running container belongs to root
      Given the chart is installed
      Then every process of its containers belongs to a user that is not root
