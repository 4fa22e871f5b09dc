"""The workflows of the simulated cluster: steps of bioinformatics pipelines, and instance types."""

from dataclasses import dataclass

from store import ImgCmdID, Resources

GIB = 2**30


@dataclass(frozen=True)
class Step:
    """A step of a workflow: one exec per sample, or with `gather` one exec after all samples."""

    ident: str
    image: str
    command: str
    cpu: int
    mem: int  # GiB
    seconds: tuple[int, int]
    gather: bool = False

    @property
    def resources(self) -> Resources:
        """The resources requested by the step."""
        return Resources({"cpu": self.cpu, "mem": self.mem * GIB, "disk": 4 * self.mem * GIB})

    @property
    def img_cmd_id(self) -> ImgCmdID:
        """The id of the image and the command."""
        return ImgCmdID.compute(self.image, self.command)


@dataclass(frozen=True)
class Workflow:
    """A program that users run. Each sample passes through the steps in order."""

    name: str
    project: str
    module: str
    steps: tuple[Step, ...]

    @property
    def labels(self) -> dict[str, str]:
        """The labels of the runs and tasks."""
        return {"project": self.project, "Name": self.name}


@dataclass(frozen=True)
class InstanceType:
    """An EC2 instance type."""

    name: str
    cpu: int
    mem: int  # GiB

    @property
    def resources(self) -> Resources:
        """The resources offered by a host. The engine reserves 5 % of the memory, and counts CPU features per core."""
        return Resources({"cpu": self.cpu, "mem": 0.95 * self.mem * GIB, "disk": 2000 * GIB, "intel_avx": self.cpu})


R5_2XLARGE = InstanceType("r5.2xlarge", 8, 64)
R5_24XLARGE = InstanceType("r5.24xlarge", 96, 768)
M5_4XLARGE = InstanceType("m5.4xlarge", 16, 64)
R5_8XLARGE = InstanceType("r5.8xlarge", 32, 256)

_ECR = "123456789012.dkr.ecr.us-west-2.amazonaws.com"

FASTQC = Step("qc.fastqc", "biocontainers/fastqc:v0.11.9", "fastqc -t 1 -o {{out}} {{fastq}}", 1, 2, (20, 50))
TRIM = Step("qc.trim", "biocontainers/fastp:0.23.4", "fastp -w 2 -i {{r1}} -I {{r2}} -o {{out}}", 2, 4, (25, 70))
MULTIQC = Step("qc.multiqc", "ewels/multiqc:v1.19", "multiqc -o {{out}} {{reports}}", 1, 4, (20, 40), gather=True)
BWA_MEM = Step(
    "align.bwa_mem", "biocontainers/bwa:v0.7.17", "bwa mem -t 4 {{ref}} {{r1}} {{r2}} > {{sam}}", 4, 12, (70, 180)
)
SORT = Step(
    "samtools.sort", "biocontainers/samtools:v1.19", "samtools sort -@ 2 -m 7G -o {{bam}} {{sam}}", 2, 16, (40, 110)
)
MARKDUP = Step("samtools.markdup", "biocontainers/samtools:v1.19", "samtools markdup {{bam}} {{out}}", 1, 6, (30, 80))
HAPLOTYPE_CALLER = Step(
    "variants.haplotype_caller",
    "broadinstitute/gatk:4.5.0.0",
    "gatk --java-options -Xmx10g HaplotypeCaller -R {{ref}} -I {{bam}} -O {{gvcf}} -ERC GVCF",
    4,
    12,
    (80, 180),
)
GENOTYPE = Step(
    "variants.genotype",
    "broadinstitute/gatk:4.5.0.0",
    "gatk GenotypeGVCFs -R {{ref}} -V {{gvcf}} -O {{vcf}}",
    2,
    8,
    (50, 120),
)
STAR = Step("rna.star", f"{_ECR}/star:2.7.11b", "STAR --runThreadN 8 --genomeDir {{idx}}", 8, 30, (90, 180))
QUANTIFY = Step("rna.quantify", f"{_ECR}/salmon:1.10.3", "salmon quant -p 4 -t {{ref}} -a {{bam}}", 4, 8, (40, 90))
MERGE = Step(
    "merge", "biocontainers/samtools:v1.19", "samtools merge -@ 4 {{out}} {{bams}}", 4, 16, (60, 150), gather=True
)

ALIGN = Workflow("align", "wgs-2026", "align.rf", (FASTQC, BWA_MEM, SORT, MARKDUP, HAPLOTYPE_CALLER, MERGE))
MERGE_LANES = Workflow("merge", "tumor-panel", "merge.rf", (SORT, MARKDUP, MERGE))
QC = Workflow("qc", "wgs-2026", "qc.rf", (TRIM, FASTQC, MULTIQC))
JOINT_CALL = Workflow("joint-call", "cohort-7", "variants/joint.rf", (HAPLOTYPE_CALLER, GENOTYPE, MERGE))
RNA_SEQ = Workflow("rna-seq", "atlas", "rna/quant.rf", (TRIM, STAR, QUANTIFY, MULTIQC))

WORKFLOWS = (ALIGN, MERGE_LANES, QC, JOINT_CALL, RNA_SEQ)
