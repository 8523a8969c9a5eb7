cwlVersion: v1.2
class: CommandLineTool
doc: Takes the noise out of a telescope exposure.
baseCommand: [amsd-astro, denoise]
arguments: ["-d", ".", "--threads", $(runtime.cores), "--json"]
requirements:
  ResourceRequirement:
    coresMin: 1
    ramMin: 2048
inputs:
  exposure:
    type: File
    inputBinding: {position: 1}
  steps:
    type: int?
    inputBinding: {prefix: --steps}
outputs:
  denoised:
    type: File?  # there after status 0; if it had to be, every failure would count as permanent
    outputBinding: {glob: "*_amsd.fits"}
  record:
    type: stdout
stdout: record.json
permanentFailCodes: [2, 65, 70, 73]
temporaryFailCodes: [71, 74]
