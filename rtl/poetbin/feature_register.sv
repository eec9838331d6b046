// Features of one sample, loaded in ceil(Features / WordBits) words; one word is the parallel load.
// A word is taken at an edge with en_i and valid_i. It enters at the top while earlier words move
// down, so feature f ends as bit f mod WordBits of word f / WordBits; or, with EntryAtBottom, at bit 0
// while earlier words move up, so that the words come in the reverse order, highest features first.
// valid_o is high for one edge with en_i after the last word. What stands in the register meanwhile
// is a sliding window.
module feature_register #(
  parameter int unsigned Features      = 8,
  parameter int unsigned WordBits      = 8,
  parameter bit          EntryAtBottom = 1'b0
) (
  input  logic                clk_i,
  input  logic                rst_ni,

  input  logic                en_i,
  input  logic                valid_i,
  input  logic [WordBits-1:0] word_i,

  output logic                valid_o,
  output logic [Features-1:0] features_o
);

  localparam int unsigned Words = (Features + WordBits - 1) / WordBits;
  // With entry at the top the padding of the last word stands above the features; with entry at the
  // bottom what moves above them is gone.
  localparam int unsigned Bits = EntryAtBottom && Words > 1 ? Features : Words * WordBits;

  logic [Bits-1:0] bits_q;
  logic            valid_q;
  logic            last_word;

  assign features_o = bits_q[Features-1:0];
  assign valid_o = valid_q;

  if (Words == 1) begin : gen_parallel
    assign last_word = 1'b1;

    always_ff @(posedge clk_i) begin
      if (en_i && valid_i) bits_q <= word_i;
    end
  end else begin : gen_serial
    localparam int unsigned CountBits = $clog2(Words);
    logic [CountBits-1:0] count_q;

    assign last_word = count_q == CountBits'(Words - 1);

    if (EntryAtBottom) begin : gen_up
      always_ff @(posedge clk_i) begin
        if (en_i && valid_i) bits_q <= Bits'({bits_q, word_i});
      end
    end else begin : gen_down
      always_ff @(posedge clk_i) begin
        if (en_i && valid_i) bits_q <= {word_i, bits_q[Bits-1:WordBits]};
      end
    end

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) count_q <= '0;
      else if (en_i && valid_i) count_q <= last_word ? '0 : count_q + 1'b1;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) valid_q <= 1'b0;
    else if (en_i) valid_q <= valid_i && last_word;
  end

endmodule
