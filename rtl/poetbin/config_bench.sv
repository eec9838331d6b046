// Simulation only: offers the words of ImageFile to a configuration port, a word a clock, and tells
// when all are taken.
module config_bench #(
  parameter int unsigned Words     = 1,
  parameter int unsigned WordBits  = 1,
  parameter              ImageFile = "config.hex"
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  output logic                valid_o,
  input  logic                ready_i,
  output logic [WordBits-1:0] bits_o
);

  logic [WordBits-1:0] words[Words];
  int unsigned         word_q;

  initial $readmemh(ImageFile, words);

  assign valid_o = word_q < Words;
  assign bits_o = words[valid_o?word_q : Words-1];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) word_q <= 0;
    else if (valid_o && ready_i) word_q <= word_q + 1;
  end

endmodule
