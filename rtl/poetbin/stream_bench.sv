// Simulation only: clock, reset, a source of samples, a sink with a checker. Cycle 0 is the first
// after reset with start_i. The source offers Samples samples, the Vectors of InputsFile in order
// and again, and pauses GapCycles cycles after each. The sink is ready in the cycles t with
// t mod (ReadyCycles + BlockedCycles) < ReadyCycles. Each result taken is compared with the next
// line of ExpectedFile, and the last one must be taken in cycle ExpectedCycles - 1. Ends the
// simulation with PASS, or with FAIL and an exit code that is not 0.
module stream_bench #(
  parameter int unsigned     Samples        = 1,
  parameter int unsigned     Vectors        = 1,
  parameter int unsigned     Words          = 1,
  parameter int unsigned     WordBits       = 1,
  parameter int unsigned     ResultBits     = 1,
  parameter int unsigned     GapCycles      = 0,
  parameter int unsigned     ReadyCycles    = 1,
  parameter int unsigned     BlockedCycles  = 0,
  parameter longint unsigned ExpectedCycles = 1,
  parameter                  InputsFile     = "inputs.hex",
  parameter                  ExpectedFile   = "expected.hex"
) (
  output logic                  clk_o,
  output logic                  rst_no,
  input  logic                  start_i,

  output logic                  in_valid_o,
  input  logic                  in_ready_i,
  output logic [WordBits-1:0]   in_bits_o,

  input  logic                  out_valid_i,
  output logic                  out_ready_o,
  input  logic [ResultBits-1:0] result_i
);

  localparam int unsigned Shown = 10;  // differences that are printed

  logic [WordBits-1:0]   words[Vectors*Words];
  logic [ResultBits-1:0] expected[Vectors];

  longint unsigned cycle_q, last_q;  // of the run; after the last result
  int unsigned word_q, sample_q, gap_q, taken_q, wrong_q;

  initial begin
    $readmemh(InputsFile, words);
    $readmemh(ExpectedFile, expected);
    clk_o = 1'b0;
    rst_no = 1'b0;
    #7 rst_no = 1'b1;
  end
  initial forever #5 clk_o = !clk_o;

  assign in_valid_o = start_i && sample_q < Samples && gap_q == 0;
  assign in_bits_o = words[sample_q%Vectors*Words+word_q];
  assign out_ready_o = start_i && (BlockedCycles == 0 ||
      cycle_q % (64'(ReadyCycles) + 64'(BlockedCycles)) < 64'(ReadyCycles));

  // Source.
  always_ff @(posedge clk_o or negedge rst_no) begin
    if (!rst_no) begin
      word_q <= 0;
      sample_q <= 0;
      gap_q <= 0;
    end else begin
      if (gap_q > 0) gap_q <= gap_q - 1;
      if (in_valid_o && in_ready_i) begin
        word_q <= word_q + 1;
        if (word_q + 1 == Words) begin
          word_q <= 0;
          sample_q <= sample_q + 1;
          gap_q <= GapCycles;
        end
      end
    end
  end

  function automatic void finish();
    if (wrong_q == 0 && taken_q == Samples && last_q == ExpectedCycles) begin
      $display("PASS: %0d of %0d samples right, %0d cycles as simulated", taken_q, Samples, last_q);
      $finish;
    end else begin
      $display("FAIL: %0d of %0d samples taken by cycle %0d, expected by cycle %0d; %0d wrong",
               taken_q, Samples, last_q, ExpectedCycles, wrong_q);
      $fatal(1);
    end
  endfunction

  // Sink.
  always_ff @(posedge clk_o or negedge rst_no) begin
    if (!rst_no) begin
      cycle_q <= 0;
      last_q <= 0;
      taken_q <= 0;
      wrong_q <= 0;
    end else if (start_i) begin
      cycle_q <= cycle_q + 1;
      if (cycle_q == ExpectedCycles) begin
        finish();
      end else if (out_valid_i && out_ready_o) begin
        taken_q <= taken_q + 1;
        last_q <= cycle_q + 1;
        if (result_i !== expected[taken_q%Vectors]) begin
          wrong_q <= wrong_q + 1;
          if (wrong_q < Shown) begin
            $display("sample %0d: %h, expected %h", taken_q, result_i, expected[taken_q%Vectors]);
          end
        end
      end
    end
  end

endmodule
